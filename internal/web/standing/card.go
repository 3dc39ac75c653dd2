package standing

import (
	"embed"
	"slices"

	"eyas/internal/figure"
	"eyas/internal/registry/fact"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
	"eyas/internal/rule/list"
)

// Parts are the templates and messages of this package, for the rooms that use it.
//
//go:embed pages texts
var Parts embed.FS

// Card is one recognition: where the subject stands, and everything behind it.
type Card struct {
	ID    string
	URL   string
	State list.Verdict
	Score string // "82", "62–78" or empty
	Unmet int
	Open  bool
	*Reading
}

// NewCard writes an explanation out. sources are the values of the subject; url leads to the recognition.
func NewCard(x *Reader, e *rule.Explanation, state list.Verdict, sources map[col.Key]*fact.SourcedFact, url string) Card {
	c := Card{ID: e.Rule.ID, URL: url, State: state, Reading: read(x, e, sources)}
	for _, k := range c.Criteria {
		if k.State == list.Unmet {
			c.Unmet++
		}
	}
	if e.HasScore {
		c.Score = figure.Points(e.ScoreLow, e.ScoreHigh)
	}
	return c
}

// Nearest is the recognition that is nearest to being met and is not; -1 when all are.
func Nearest(cards []Card) int {
	rank := func(c *Card) (int, int) {
		switch {
		case c.State == list.Near && c.Plan.Possible:
			return 0, 0
		case c.State == list.Near:
			return 1, 0
		case c.State == list.Pending:
			return 2, 0
		case c.State == list.Unmet && c.Plan.Possible:
			return 3, c.Unmet
		case c.State == list.Unknown:
			return 4, 0
		case c.State == list.Met:
			return 6, 0
		}
		return 5, c.Unmet
	}
	best := -1
	for i := range cards {
		a, b := rank(&cards[i])
		if a == 6 {
			continue
		}
		if best < 0 {
			best = i
			continue
		}
		if c, d := rank(&cards[best]); a < c || a == c && b < d {
			best = i
		}
	}
	return best
}

// Opened gives the recognitions with the open one first, so that it stands right below the tabs.
func Opened(chips []Card) []Card {
	cards := slices.Clone(chips)
	slices.SortStableFunc(cards, func(a, b Card) int {
		switch {
		case a.Open == b.Open:
			return 0
		case a.Open:
			return -1
		}
		return 1
	})
	return cards
}
