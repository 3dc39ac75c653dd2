package answer

import (
	"maps"
	"slices"
	"time"

	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
)

// Simulated is a simulation with the columns that it used.
type Simulated struct {
	Table      *col.Table
	Pack       *pack.Pack
	Rule       *pack.Rule
	Date       time.Time
	Assume     []string           // ids of attributes whose blanks count as "no"
	Moved      map[string]float64 // numbers by name, in base units
	Difference *rule.Difference   // nil if no number was moved
	Along      *pack.Number       // number of the curve; nil for no curve
	Points     []rule.Point
	Lang       string // language of the names of districts
}

// Simulation is the result of moving numbers of a rule. Money is in yuan, shares are ratios.
type Simulation struct {
	Rule     string         `json:"rule"`
	Date     string         `json:"date"`
	BaseYear int            `json:"base_year"`
	Assumed  []string       `json:"assumed,omitempty"`
	Set      map[string]any `json:"set,omitempty"`
	Before   *int           `json:"before,omitempty"` // number of enterprises that meet the rule
	After    *int           `json:"after,omitempty"`
	Entered  *Movement      `json:"entered,omitempty"`
	Left     *Movement      `json:"left,omitempty"`
	Counts   *Counts        `json:"counts,omitempty"`
	Curve    *Curve         `json:"curve,omitempty"`
	Seconds  float64        `json:"seconds"`
}

// Counts is the number of met, near, unknown and unmet enterprises, before and after.
type Counts struct {
	Before rule.Count `json:"before"`
	After  rule.Count `json:"after"`
}

// Movement is the enterprises that enter or leave, with their number per district.
type Movement struct {
	Count     int             `json:"count"`
	Districts []DistrictCount `json:"by_district"`
	List      []Enterprise    `json:"list"`
}

// DistrictCount is a number of enterprises in a district.
type DistrictCount struct {
	District string `json:"district"` // GB/T 2260 code; "" if unknown
	Name     string `json:"name"`
	Count    int    `json:"count"`
}

// Enterprise is an enterprise that enters or leaves.
type Enterprise struct {
	Code     string `json:"code"`
	Name     string `json:"name"`
	District string `json:"district"`
}

// Curve is the number of enterprises that meet the rule at each value of a number.
type Curve struct {
	Number string       `json:"number"`
	Unit   string       `json:"unit"`
	Points []CurvePoint `json:"points"`
}

// CurvePoint is the number of enterprises that meet the rule at one value.
type CurvePoint struct {
	Value any `json:"value"` // money in yuan, shares as ratios
	Met   int `json:"met"`
}

// Simulate returns the answer for a simulation.
func Simulate(s Simulated) Simulation {
	o := Simulation{Rule: s.Rule.ID, Date: s.Date.Format(time.DateOnly), BaseYear: s.Date.Year() - 1, Assumed: s.Assume}
	if d := s.Difference; d != nil {
		o.Set = map[string]any{}
		for name, v := range s.Moved {
			o.Set[name] = figure.Plain(v, s.Rule.Number(name).Unit)
		}
		o.Before, o.After = &d.Before.Met, &d.After.Met
		o.Entered, o.Left = NewMovement(s.Table, s.Pack, d.Entered, s.Lang), NewMovement(s.Table, s.Pack, d.Left, s.Lang)
		o.Counts = &Counts{d.Before, d.After}
		o.Seconds = d.Seconds
	}
	if s.Along != nil {
		c := &Curve{Number: s.Along.Name, Unit: s.Along.Unit}
		for _, p := range s.Points {
			c.Points = append(c.Points, CurvePoint{figure.Plain(p.Value, s.Along.Unit), p.Met})
		}
		o.Curve = c
	}
	return o
}

// NewMovement lists the enterprises of a set of rows and counts them by district, in the order of the org tree. Codes
// outside the city come last. Names of districts are in lang.
func NewMovement(t *col.Table, p *pack.Pack, rows col.Bitmap, lang string) *Movement {
	m := &Movement{Count: rows.Count(), Districts: []DistrictCount{}, List: []Enterprise{}}
	district := t.Districts()
	by := map[string]int{}
	rows.Each(func(i int) {
		code := ""
		if district != nil {
			code = district.Words[district.Val[i]]
		}
		by[code]++
		m.List = append(m.List, Enterprise{string(t.Codes.At(i)), string(t.Names.At(i)), code})
	})
	for _, o := range p.Orgs {
		if n := by[o.ID]; n > 0 {
			m.Districts = append(m.Districts, DistrictCount{o.ID, o.Name.In(lang), n})
			delete(by, o.ID)
		}
	}
	for _, code := range slices.Sorted(maps.Keys(by)) { // outside the city, or unknown
		m.Districts = append(m.Districts, DistrictCount{code, code, by[code]})
	}
	return m
}
