package identity

import (
	"math"
	"strings"

	"eyas/internal/figure"
	"eyas/internal/registry/identity"
	"eyas/internal/web/words"
)

// evidenceRow is one thing that was compared between two subjects.
type evidenceRow struct {
	Field       string
	Left, Right []words.Part
	Text        string
	Bits        string  // "+3.2"; empty for what decides without weighing
	X, Width    float64 // of the bar, in bits from the middle
	For         bool    // it speaks for the same
	Side        string  // for, against or neither; empty for what decides without weighing
	Line        string  // what was found and which side it speaks for, in one line
	Said        string  // the weight with its unit; empty like Bits
}

// leastSide is the weight in bits below which a comparison says nothing that matters: it does not even double the odds.
const leastSide = 1

// widestBar is how many bits a bar shows.
const widestBar = 12

// evidenceFields are the things compared that have a word of their own.
var evidenceFields = map[string]bool{"place": true, "trade": true, "business": true, "form": true, "branch": true, "numbers": true, "address": true, "name": true,
	"code": true, "registration": true, "registration_no": true, "org": true, "former_name": true, "answer": true, "prior": true}

// why is the sentence in which linkage says why it decided so; empty when it did not decide.
func why(w words.Writer, list []identity.Evidence) string {
	for _, e := range list {
		if e.Field == identity.WhyField {
			return e.Text.In(w.Lang)
		}
	}
	return ""
}

func evidence(w words.Writer, list []identity.Evidence) (rows []evidenceRow) {
	for _, e := range list {
		if e.Field == identity.WhyField {
			continue
		}
		row := evidenceRow{Field: e.Field, Text: e.Text.In(w.Lang), For: e.Weight > 0}
		if evidenceFields[e.Field] {
			row.Field = w.Text("links.field." + e.Field)
		}
		row.Left, row.Right = words.Differences(e.Left, e.Right)
		if e.Weight != 0 {
			row.Bits = bitsText(e.Weight)
			switch {
			case math.Abs(e.Weight) < leastSide:
				row.Side = "neither"
			case row.For:
				row.Side = "for"
			default:
				row.Side = "against"
			}
			row.Width = math.Min(math.Abs(e.Weight), widestBar)
			if !row.For {
				row.X = -row.Width
			}
			row.Said = w.Text("links.bar", "bits", row.Bits)
		}
		if row.Line = row.Text; row.Line == "" {
			row.Line = row.Field
		}
		if row.Side != "" {
			row.Line = w.Text("links.line", "found", row.Line, "side", w.Text("links.side."+row.Side))
		}
		rows = append(rows, row)
	}
	return rows
}

// bitsText writes a weight in bits with its sign.
func bitsText(bits float64) string {
	if bits > 0 {
		return "+" + figure.Decimal(bits, 1)
	}
	return figure.Decimal(bits, 1)
}

// weight says in words what a weight in bits is: how likely, and the odds.
func weight(w words.Writer, bits float64) string {
	key := "same"
	switch {
	case bits >= 7:
		key = "sure"
	case bits >= 3:
		key = "likely"
	case bits > -1 && bits < 1:
		key = "open"
	case bits <= -3:
		key = "unlikely"
	case bits < 0:
		key = "rather"
	}
	odds := math.Exp2(math.Abs(bits))
	shown := figure.Decimal(odds, 0)
	switch {
	case odds > 1e6:
		shown = w.Text("links.odds.most")
	case odds < 10:
		shown = figure.Decimal(odds, 1)
	}
	side := "links.odds.for"
	if bits < 0 {
		side = "links.odds.against"
	}
	return w.Text("links.weight."+key) + " " + w.Text(side, "odds", shown)
}

// evidenceText writes what was compared in one line.
func evidenceText(w words.Writer, list []identity.Evidence) string {
	var parts []string
	for _, e := range evidence(w, list) {
		parts = append(parts, e.Line)
	}
	return strings.Join(parts, w.Text("links.sep"))
}
