package drive

import (
	"slices"
	"testing"
	"time"

	"eyas/internal/calendar"
	"eyas/internal/matter/mattertest"
)

// Every matter of the pack, and one that is nowhere but in a test, can be driven to its good end; one whose clock is taken away cannot.
func TestDrive(t *testing.T) {
	p := mattertest.WithThird(t)
	from := time.Date(2021, 3, 1, 10, 0, 0, 0, time.FixedZone("CST", 8*60*60))
	want := map[string]string{"hnte": "expired", "hnte_district": "expired", "tsme": "listed", "tsme_update": "listed", "project": "closed", "third": "yes"}
	for _, m := range p.Matters {
		stages, end, err := Through(m, calendar.New(p.Calendar), from)
		if err != nil || end != want[m.ID] {
			t.Errorf("%s ends as %q, want %q: %v (%v)", m.ID, end, want[m.ID], err, stages)
		}
		for _, s := range m.Stages {
			if !slices.Contains(stages, s.ID) && s.ID != "waiting" {
				t.Errorf("%s does not come to the stage %s", m.ID, s.ID)
			}
		}
	}
	m := p.Matter("hnte")
	m.Stage("notice").Kind = "expiry"
	m.Stage("notice").Limit.WorkingDays = 0
	if _, _, err := Through(m, calendar.New(p.Calendar), from); err == nil {
		t.Error("a notice without an end can be done")
	}
}
