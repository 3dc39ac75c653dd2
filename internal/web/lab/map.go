package lab

import (
	"encoding/json"
	"fmt"
	"sync"

	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/web/assets"
)

// outlines is map.json of the assets: districts as SVG paths, the old city's six a second time, larger.
type outlines struct {
	Width, Height float64
	Inset         struct {
		Width, Height float64
		Of            [4]float64
	}
	Districts []outline
}

type outline struct {
	Code, Name, Path string
	X, Y             int
	Inset            string
	InX              int `json:"inset_x"`
	InY              int `json:"inset_y"`
}

var loadOutlines = sync.OnceValues(func() (*outlines, error) {
	var m outlines
	if err := json.Unmarshal(assets.Read("map.json"), &m); err != nil {
		return nil, fmt.Errorf("map.json: %w", err)
	}
	return &m, nil
})

// shade is the class that colours a district by its share of the largest value: 0 none, 1 … 5 lighter to darker,
// with a sign for what entered or left. The client computes the same (lab.ts).
func shade(value, largest int) int {
	if value == 0 || largest <= 0 {
		return 0
	}
	size := max(value, -value)
	n := min(5, (size*5+largest-1)/largest)
	if value < 0 {
		return -n
	}
	return n
}

// mapView is the sketch map with its shades.
type mapView struct {
	*outlines
	ViewBox                 string
	InsetX, InsetY          int
	InsetWidth, InsetHeight float64
	Moved                   bool // shades show entered less left, else how many are met
	Areas                   []mapArea
}

type mapArea struct {
	outline
	Short string
	Label string // the figure written on the map
	Shade string // met-3, in-2, out-5, none
}

// drawShades colours the map by what moves, or by how many are met while nothing does.
func (s *room) drawShades(m *outlines, lang string, tallies []tally) mapView {
	// The inset stands left of the north, where the city is narrow.
	view := mapView{
		outlines: m, ViewBox: fmt.Sprintf("-290 -10 %v %v", m.Width+310, m.Height+20),
		InsetX: -275, InsetY: 10, InsetWidth: m.Inset.Width + 20, InsetHeight: m.Inset.Height + 20,
	}
	by := map[string]tally{}
	largest, largestMove := 0, 0
	for _, t := range tallies {
		by[t.Code] = t
		view.Moved = view.Moved || t.Entered+t.Left > 0
		if t.Code != pack.Elsewhere {
			largest = max(largest, t.After)
			largestMove = max(largestMove, t.Net(), -t.Net())
		}
	}
	short := map[string]string{}
	for _, o := range s.Pack.Orgs {
		if short[o.ID] = o.Short.In(lang); short[o.ID] == "" {
			short[o.ID] = o.Name.In(lang)
		}
	}
	for _, o := range m.Districts {
		t := by[o.Code]
		a := mapArea{outline: o, Short: short[o.Code], Shade: "none"}
		if a.Short == "" {
			a.Short = o.Name
		}
		a.Label = figure.Num(t.After)
		n := shade(t.After, largest)
		kind := "met"
		if view.Moved {
			n, kind, a.Label = shade(t.Net(), largestMove), "in", signed(t.Net())
		}
		if n < 0 {
			n, kind = -n, "out"
		}
		if n > 0 {
			a.Shade = fmt.Sprintf("%s-%d", kind, n)
		}
		view.Areas = append(view.Areas, a)
	}
	return view
}

// signed writes a difference with its sign.
func signed(n int) string {
	switch {
	case n > 0:
		return "+" + figure.Num(n)
	case n < 0:
		return figure.Num(n)
	}
	return "0"
}
