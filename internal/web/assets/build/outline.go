package main

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
)

// The map is a sketch: districts' outlines in a plain cylindrical projection, true to scale at the
// latitude of the city's middle. The six districts of the old city are too small to be seen or pressed
// beside the others, so they are drawn a second time, larger, as an inset.

// outlineMap is map.json. Lengths are SVG user units.
type outlineMap struct {
	Source    string     `json:"source"`
	Width     float64    `json:"width"`
	Height    float64    `json:"height"`
	Inset     frame      `json:"inset"`
	Districts []district `json:"districts"`
}

// frame is a rectangle: where the inset stands in the map, and which part of it is enlarged.
type frame struct {
	X      float64    `json:"x"`
	Y      float64    `json:"y"`
	Width  float64    `json:"width"`
	Height float64    `json:"height"`
	Of     [4]float64 `json:"of"` // x, y, width, height of the part
}

type district struct {
	Code  string `json:"code"` // GB/T 2260
	Name  string `json:"name"`
	Path  string `json:"path"`
	X     int    `json:"x"` // where its label stands
	Y     int    `json:"y"`
	Inset string `json:"inset,omitempty"` // path in the inset
	InX   int    `json:"inset_x,omitempty"`
	InY   int    `json:"inset_y,omitempty"`
}

type point struct{ x, y float64 }

// geo is a feature collection in echarts 4's encoding.
type geo struct {
	Features []struct {
		ID       string `json:"id"`
		Geometry struct {
			Type          string          `json:"type"`
			Coordinates   json.RawMessage `json:"coordinates"`
			EncodeOffsets json.RawMessage `json:"encodeOffsets"`
		} `json:"geometry"`
		Properties struct {
			Name string `json:"name"`
		} `json:"properties"`
	} `json:"features"`
}

const (
	mapHeight = 1000 // units from north to south
	mapGrid   = 1.5  // outlines are rounded to it; neighbours round alike, so no gaps open
	insetSize = 430  // width of the inset
	fineGrid  = 1
)

// drawMap turns echarts' outlines into paths.
func drawMap(text []byte) ([]byte, error) {
	var g geo
	if err := json.Unmarshal(text, &g); err != nil {
		return nil, fmt.Errorf("outlines: %w", err)
	}
	rings := make([][][]point, len(g.Features))
	lo, hi := point{math.Inf(1), math.Inf(1)}, point{math.Inf(-1), math.Inf(-1)}
	cityLo, cityHi := lo, hi
	for i, f := range g.Features {
		var err error
		if rings[i], err = decodeRings(f.Geometry.Type, f.Geometry.Coordinates, f.Geometry.EncodeOffsets); err != nil {
			return nil, fmt.Errorf("outlines of %s: %w", f.ID, err)
		}
		for _, ring := range rings[i] {
			lo, hi = grow(lo, hi, ring)
			if central(f.ID) {
				cityLo, cityHi = grow(cityLo, cityHi, ring)
			}
		}
	}
	if len(g.Features) != 16 {
		return nil, fmt.Errorf("outlines: %d districts, want 16", len(g.Features))
	}
	stretch := math.Cos((lo.y + hi.y) / 2 * math.Pi / 180)
	scale := mapHeight / (hi.y - lo.y)
	project := func(p point) point { return point{(p.x - lo.x) * stretch * scale, (hi.y - p.y) * scale} }
	corner, opposite := project(point{cityLo.x, cityHi.y}), project(point{cityHi.x, cityLo.y})
	zoom := insetSize / (opposite.x - corner.x)
	enlarge := func(p point) point {
		q := project(p)
		return point{(q.x - corner.x) * zoom, (q.y - corner.y) * zoom}
	}
	m := outlineMap{
		Source: "echarts 4.9.0, map/json/province/tianjin.json (Apache-2.0)",
		Width:  math.Ceil((hi.x - lo.x) * stretch * scale),
		Height: mapHeight,
	}
	m.Inset = frame{
		Width: insetSize, Height: math.Ceil((opposite.y - corner.y) * zoom),
		Of: [4]float64{math.Floor(corner.x), math.Floor(corner.y), math.Ceil(opposite.x - corner.x), math.Ceil(opposite.y - corner.y)},
	}
	for i, f := range g.Features {
		middle := centre(rings[i])
		at := project(middle)
		d := district{Code: f.ID, Name: f.Properties.Name, Path: drawPath(rings[i], project, mapGrid), X: int(at.x), Y: int(at.y)}
		if central(f.ID) {
			at := enlarge(middle)
			d.Inset, d.InX, d.InY = drawPath(rings[i], enlarge, fineGrid), int(at.x), int(at.y)
		}
		m.Districts = append(m.Districts, d)
	}
	return json.Marshal(m)
}

// central reports whether a code is one of the six districts of the old city.
func central(code string) bool { return code >= "120101" && code <= "120106" }

func grow(lo, hi point, ring []point) (point, point) {
	for _, p := range ring {
		lo = point{min(lo.x, p.x), min(lo.y, p.y)}
		hi = point{max(hi.x, p.x), max(hi.y, p.y)}
	}
	return lo, hi
}

// centre is the centroid of the largest ring: where a label stands best in outlines as round as these.
func centre(rings [][]point) point {
	var best point
	largest := 0.0
	for _, ring := range rings {
		var area, x, y float64
		for i, p := range ring {
			q := ring[(i+1)%len(ring)]
			cross := p.x*q.y - q.x*p.y
			area, x, y = area+cross, x+(p.x+q.x)*cross, y+(p.y+q.y)*cross
		}
		if size := math.Abs(area); size > largest {
			largest, best = size, point{x / (3 * area), y / (3 * area)}
		}
	}
	return best
}

// decodeRings reads the rings of a Polygon or MultiPolygon in degrees of longitude and latitude.
func decodeRings(kind string, coordinates, offsets json.RawMessage) ([][]point, error) {
	var texts [][]string
	var starts [][][2]int
	switch kind {
	case "Polygon":
		texts, starts = make([][]string, 1), make([][][2]int, 1)
		if err := json.Unmarshal(coordinates, &texts[0]); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(offsets, &starts[0]); err != nil {
			return nil, err
		}
	case "MultiPolygon":
		if err := json.Unmarshal(coordinates, &texts); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(offsets, &starts); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("geometry %q", kind)
	}
	var rings [][]point
	for i := range texts {
		if len(texts[i]) != len(starts[i]) {
			return nil, fmt.Errorf("%d rings with %d offsets", len(texts[i]), len(starts[i]))
		}
		for j, text := range texts[i] {
			ring, err := decodeRing(text, starts[i][j])
			if err != nil {
				return nil, err
			}
			rings = append(rings, ring)
		}
	}
	return rings, nil
}

// decodeRing undoes echarts' encoding: after an optional "@@", pairs of UTF-16 code units less 64 are
// zigzag-coded differences in 1/1024 degree.
func decodeRing(text string, start [2]int) ([]point, error) {
	units := utf16.Encode([]rune(strings.TrimPrefix(text, "@@")))
	if len(units)%2 != 0 || len(units) < 6 {
		return nil, fmt.Errorf("ring of %d units", len(units))
	}
	x, y := start[0], start[1]
	ring := make([]point, 0, len(units)/2)
	for i := 0; i < len(units); i += 2 {
		x += unzigzag(int(units[i]) - 64)
		y += unzigzag(int(units[i+1]) - 64)
		ring = append(ring, point{float64(x) / 1024, float64(y) / 1024})
	}
	return ring, nil
}

func unzigzag(n int) int { return n>>1 ^ -(n & 1) }

// drawPath writes rings as SVG path data in whole steps of a grid, relative and without repeated points.
func drawPath(rings [][]point, project func(point) point, grid float64) string {
	var out strings.Builder
	for _, ring := range rings {
		var px, py, n int
		for _, p := range ring {
			q := project(p)
			x, y := int(math.Round(math.Round(q.x/grid)*grid)), int(math.Round(math.Round(q.y/grid)*grid))
			switch {
			case n == 0:
				fmt.Fprintf(&out, "M%d %d", x, y)
			case x == px && y == py:
				continue
			case n == 1:
				out.WriteString("l" + strconv.Itoa(x-px) + " " + strconv.Itoa(y-py))
			default:
				out.WriteString(" " + strconv.Itoa(x-px) + " " + strconv.Itoa(y-py))
			}
			px, py, n = x, y, n+1
		}
		out.WriteString("z")
	}
	return out.String()
}
