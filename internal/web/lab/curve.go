package lab

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/rule"
)

// curveView is how many would be met at every value of one number, the others held as the trial has them.
type curveView struct {
	Rule     *pack.Rule
	Number   *pack.Number
	Label    string
	Unit     scale
	Points   []curvePoint
	Path     string // SVG, 0 … 100 both ways, y downwards
	Area     string
	Min, Max string
	Top      int     // the count at the upper edge
	LawX     float64 // where the law's value stands
	NowX     float64
	LawMet   int
	NowMet   int
	NowText  string
	Back     string
	Took     time.Duration
}

// Millis is the time of computing as it is shown.
func (v *curveView) Millis() string { return millis(v.Took) }

type curvePoint struct {
	Value    string
	Met      int
	Law, Now bool
}

// showCurve answers the curve of one number: as a page with its table, or (?part) as a picture for the slider.
func (s *room) showCurve(w http.ResponseWriter, r *http.Request) error {
	t, err := s.readTrial(r)
	if err != nil {
		return err
	}
	if len(t.problems) > 0 {
		return t.problems[0]
	}
	name := r.URL.Query().Get("number")
	n := findNumber(t.rule, name)
	if n == nil {
		return fault.New(fault.NotFound, "“"+t.rule.Name.In("zh")+"”没有名为“"+name+"”的数值。请从政策实验室里选择。",
			t.rule.Name.In("en")+" has no number named “"+name+"”: choose one in the policy lab.")
	}
	table, err := s.table(r.Context(), t.ask, t.rule.Register)
	if err != nil {
		return err
	}
	start := s.Clock()
	now := t.value(n)
	opt := s.options(t, table)
	opt.Numbers = map[string]float64{}
	for held, v := range t.moved {
		if held != name {
			opt.Numbers[held] = v
		}
	}
	points, err := s.Rules.Curve(table, opt, t.rule.ID, name, curveValues(n, n.Value, now))
	if err != nil {
		return fmt.Errorf("lab: curve of %s.%s: %w", t.rule.ID, name, err)
	}
	view := drawCurve(n, points, now)
	view.Rule, view.Label, view.Back = t.rule, n.Label.In(t.ask.Lang), t.link("/lab")
	view.Took = s.Clock().Sub(start)
	serverTiming(w, "curve", view.Took)
	if r.URL.Query().Has("part") {
		return s.RenderPart(w, r, "curve", "curve", view)
	}
	return s.Render(w, r, "curve", view)
}

// drawCurve makes the picture: counts from zero, values over the slider's width.
func drawCurve(n *pack.Number, points []rule.Point, now float64) *curveView {
	v := &curveView{Number: n, Unit: scaleOf(n)}
	if len(points) == 0 {
		return v
	}
	lo, hi := points[0].Value, points[len(points)-1].Value
	for _, p := range points {
		v.Top = max(v.Top, p.Met)
	}
	x := func(value float64) float64 {
		if hi <= lo {
			return 0
		}
		return 100 * (value - lo) / (hi - lo)
	}
	y := func(met int) float64 {
		if v.Top == 0 {
			return 100
		}
		return 100 - 100*float64(met)/float64(v.Top)
	}
	var line strings.Builder
	for i, p := range points {
		cmd := "L"
		if i == 0 {
			cmd = "M"
		}
		fmt.Fprintf(&line, "%s%.2f %.2f", cmd, x(p.Value), y(p.Met))
		c := curvePoint{Value: v.Unit.show(p.Value), Met: p.Met, Law: p.Value == n.Value, Now: p.Value == now}
		if c.Law {
			v.LawMet = p.Met
		}
		if c.Now {
			v.NowMet = p.Met
		}
		v.Points = append(v.Points, c)
	}
	v.Path = line.String()
	v.Area = v.Path + fmt.Sprintf("L%.2f 100L%.2f 100z", x(hi), x(lo))
	v.Min, v.Max = v.Unit.show(lo), v.Unit.show(hi)
	v.LawX, v.NowX, v.NowText = x(n.Value), x(now), v.Unit.show(now)
	return v
}
