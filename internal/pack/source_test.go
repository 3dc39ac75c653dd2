package pack

import "testing"

func TestSources(t *testing.T) {
	p := loadCity(t, city(t))
	rights := p.Source("rights")
	if rights.Items == nil || rights.Items.View.Attribute("uscc") == nil || rights.Items.View.Attribute("right_no") == nil || rights.Items.View.Attribute("sales") != nil {
		t.Errorf("things are read by %+v", rights.Items)
	}
	for attr, want := range map[string]Conflict{"listed": AnyYes, "sales": Ranked} {
		if r := p.Ranking("enterprise", attr); r.Conflict != want {
			t.Errorf("%s is decided by %s, want %s", attr, r.Conflict, want)
		}
	}
	if r := p.Ranking("carrier", "name"); len(r.Order) != 1 || r.Order[0] != "correction" {
		t.Errorf("a register without a ranking has %v", r.Order)
	}
	if s := p.ProposeSource("enterprise", "2021登记名单.xlsx"); s == nil || s.ID != "market" {
		t.Errorf("the longer word does not decide: %v", s)
	}
	if p.ProposeSource("carrier", "登记.xlsx") != nil {
		t.Error("a source of another register is proposed")
	}
	if p.Source("market").Stale != 400 || !p.Source("correction").Of("carrier") || p.Source("market").Of("carrier") {
		t.Error("what sources.yaml says is lost")
	}
	before := p.Precedence()
	p.Rankings[1].Order = []string{"market", "correction"}
	if p.Precedence() == before {
		t.Error("another ranking does not show")
	}
}
