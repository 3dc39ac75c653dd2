package matter

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"eyas/internal/calendar"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/tri"
)

// TestMain makes random tests short: a walk is long.
func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("rapid.checks"); f != nil && f.Value.String() == f.DefValue && os.Getenv("EYAS_SOAK") == "" {
		if err := flag.Set("rapid.checks", "12"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

var city = time.FixedZone("CST", 8*60*60)

// staffOf are two persons or more of each role that matters name, and experts.
var staffOf = map[string][]Person{}

func init() {
	for _, x := range []struct {
		role, org string
		n         int
	}{{"district_officer", "120110", 2}, {"district_reviewer", "120110", 2}, {"district_admin", "120110", 2}, {"bureau", "120000", 4}, {"bureau_admin", "120000", 2}, {"park", "huayuan", 1}, {"expert", "120000", 8}} {
		for i := range x.n {
			staffOf[x.role] = append(staffOf[x.role], Person{ID: fmt.Sprintf("%s%d", x.role, i), Role: x.role, Org: x.org})
		}
	}
	for i := range 2 {
		staffOf["enterprise"] = append(staffOf["enterprise"], Person{ID: fmt.Sprintf("firm%d", i), Role: "enterprise", Subject: 7})
	}
}

// everybody are they, and somebody who has nothing to do with it.
func everybody() (list []Person) {
	roles := make([]string, 0, len(staffOf))
	for r := range staffOf {
		roles = append(roles, r)
	}
	slices.Sort(roles)
	for _, r := range roles {
		list = append(list, staffOf[r]...)
	}
	return append(list, Person{ID: "stranger", Role: "enterprise", Subject: 8}, Person{ID: "other", Role: "district_officer", Org: "120111"})
}

// rig is a case with the world around it.
type rig struct {
	m      *pack.MatterType
	c      *Case
	events []Event
	now    time.Time
	cal    *calendar.Calendar
	absent map[string]bool
	holds  map[string]tri.Bool
	seen   map[string]int // visits by stage
	calm   bool           // most go on and come to late stages
}

func newRig(t testing.TB, p *pack.Pack, m *pack.MatterType, day string) *rig {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", day+" 10:00", city)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{m: m, now: at, cal: calendar.New(p.Calendar), absent: map[string]bool{}, holds: map[string]tri.Bool{}, seen: map[string]int{}}
	form := r.form(1)
	e, err := Begin(m, Head{ID: 1, Subject: 7, Base: at.Year() - 1, Orgs: map[pack.Relative]string{pack.OfCity: "120000", pack.OfDistrict: "120110", pack.OfPark: "huayuan"}}, staffOf["enterprise"][0], Act{Form: &form}, r.world())
	if err != nil {
		t.Fatal(err)
	}
	r.c = &Case{}
	if err := r.take(e); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) world() World {
	return World{Now: r.now, Calendar: r.cal, Holders: func(role, org string, subject int64) (list []string, err error) {
		for _, p := range staffOf[role] {
			if p.Org == org && p.Subject == subject && !r.absent[p.ID] {
				list = append(list, p.ID)
			}
		}
		return list, nil
	}, Holds: func(when string, _ pack.Pos, _ Form) (tri.Bool, []string, error) {
		if h, found := r.holds[when]; found {
			return h, []string{"staff"}, nil
		}
		return tri.True, nil, nil
	}}
}

// take folds an event into the case.
func (r *rig) take(e Event) error {
	next, err := Fold(r.c, e)
	if err != nil {
		return err
	}
	r.c, r.events = next, append(r.events, e)
	return nil
}

// do decides and takes an act.
func (r *rig) do(p Person, a Act) error {
	e, err := Decide(r.m, r.c, p, a, r.world())
	if err != nil {
		return err
	}
	return r.take(e)
}

// ticks lets the clock do what it has to do today.
func (r *rig) ticks() error {
	for range 200 {
		a, err := Tick(r.m, r.c, r.world())
		if err != nil || a == nil {
			return err
		}
		if err := r.do(Person{ID: TheClock}, *a); err != nil {
			return fmt.Errorf("the clock was told to %s in visit %d: %w", a.Do, a.Visit, err)
		}
	}
	return fmt.Errorf("the clock does not come to an end")
}

func valueOf(a *pack.Attribute, n int) string {
	switch a.Kind {
	case pack.Integer:
		return fmt.Sprint(5 + n%5)
	case pack.Decimal:
		return "1.5"
	case pack.Money:
		return fmt.Sprintf("%d万元", 10+n)
	case pack.Date:
		return "2020-03-0" + fmt.Sprint(1+n%9)
	case pack.Boolean:
		return "是"
	}
	return fmt.Sprintf("内容%d", n)
}

// form is a form in which nothing is missing.
func (r *rig) form(n int) Form {
	f := Form{Values: map[string]string{}, Rows: map[string][]map[string]string{}, Files: map[string][]File{}}
	for _, s := range r.m.Form.Sections {
		for _, x := range s.Fields {
			if x.Rows == nil {
				f.Values[x.ID] = valueOf(x.Attr, n)
				continue
			}
			row := map[string]string{}
			for _, y := range x.Rows.Fields {
				row[y.ID] = valueOf(y.Attr, n)
			}
			f.Rows[x.ID] = []map[string]string{row}
		}
	}
	for _, a := range r.m.Form.Attachments {
		f.Files[a.ID] = []File{{Name: "a." + a.Types[0], Hash: "00", Size: 1}}
	}
	return f
}

// given fills in an act so that nothing in it is missing. ok is false when there is nobody whom it could name.
func (r *rig) given(pick func(n int) int, p Person, l Legal) (a Act, ok bool) {
	a = Act{Do: l.Do, Visit: l.Visit}
	v := r.c.Visit(l.Visit)
	today := dayOf(r.now)
	persons := func(list []Person) bool {
		var free []string
		for _, x := range list {
			if v != nil && (x.ID == p.ID || excluded(r.m, r.c, x.ID, v, &Seat{Kind: SeatAdded}) != "" || r.absent[x.ID]) {
				continue
			}
			free = append(free, x.ID)
		}
		if len(free) == 0 {
			return false
		}
		a.To = free[pick(len(free))]
		return true
	}
	switch l.Do {
	case ActSave, ActSupply:
		f := r.form(pick(9))
		a.Form = &f
	case ActPass:
		f := r.form(pick(9))
		if r.m.Stage(v.Stage).Kind == pack.StageApply {
			a.Form = &f
			for _, x := range r.m.Form.Attachments {
				if !x.Promise.None() && pick(4) == 0 {
					f.Files[x.ID] = nil
					a.Promise = append(a.Promise, x.ID)
				}
			}
		}
		a.Fields = r.stageFields(v, pick(9))
	case ActRefuse, ActVoid, ActRevoke, ActSuspend, ActAnswer, ActObject:
		a.Note = "因为"
	case ActReturn:
		if len(l.To) == 0 {
			return a, false
		}
		a.Note, a.To = "请改", l.To[pick(len(l.To))]
	case ActSupplement:
		a.Remarks = []Remark{{Field: "name", Text: "不清楚"}}
	case ActTransfer:
		seat, err := legal(r.m, r.c, p, ActTransfer, v, today)
		if err != nil || seat.Role == "" || !persons(staffOf[seat.Role]) {
			return a, false
		}
	case ActDelegate:
		seat, err := legal(r.m, r.c, p, ActDelegate, v, today)
		if err != nil || !persons(staffOf[seat.Role]) {
			return a, false
		}
	case ActAdd:
		if !persons(staffOf["expert"]) || slices.ContainsFunc(v.Seats, func(s *Seat) bool { return s.Kind == SeatAdded && s.Person == a.To && s.State != SeatGone }) {
			return a, false
		}
	case ActRemove:
		i := slices.IndexFunc(v.Seats, func(s *Seat) bool { return s.Kind == SeatAdded && s.State == SeatOpen })
		a.To = v.Seats[i].Person
	case ActScore:
		a.Points = map[string]float64{}
		for _, i := range r.m.Stage(v.Stage).Review.Items {
			a.Points[i.ID] = i.Most - float64(pick(3))
		}
	case ActReport:
		list := r.m.Stage(v.Stage).Outside.States
		a.State, a.On, a.Fields = list[pick(len(list))].Code, today, r.stageFields(v, 1)
	case ActSettle:
		a.Note, a.Upheld = "经查", pick(5) == 0
		for _, o := range r.c.Objections {
			if o.Visit == v.ID && o.Settled == "" {
				a.Object = o.No
			}
		}
	case ActCopy:
		a.To = "firm1"
	case ActFulfil:
		a.Files = map[string][]File{}
		for _, x := range r.c.Promises {
			if x.Kept == "" {
				a.Files[x.Attachment] = r.form(1).Files[x.Attachment]
			}
		}
	}
	return a, true
}

func (r *rig) stageFields(v *Visit, n int) map[string]string {
	f := map[string]string{}
	for _, x := range r.m.Stage(v.Stage).Fields {
		f[x.ID] = valueOf(x.Attr, n)
	}
	if r.m.Stage(v.Stage).Kind == pack.StageIssue && r.m.Issues != "" {
		f[FieldNumber], f[FieldIssuedOn] = r.numbered(), string(dayOf(r.now))
		delete(f, FieldUntil)
	}
	return f
}

// numbered is a number of a certificate that the matter takes.
func (r *rig) numbered() string {
	if r.m.Issues == "tsme" {
		return fmt.Sprintf("2021120110A80%05d", r.c.Seq)
	}
	return fmt.Sprintf("GR202112%06d", r.c.Seq)
}

// check checks what holds after every act.
func (r *rig) check() error {
	c := r.c
	replayed, err := Fold(&Case{}, r.events...)
	if err != nil {
		return err
	}
	if differs(replayed, c) {
		return fmt.Errorf("the record replays to another state")
	}
	open := c.Open()
	if c.End != "" {
		if len(open) > 0 || len(c.Arrived) > 0 {
			return fmt.Errorf("it ended with %d open visits and %d waiting branches", len(open), len(c.Arrived))
		}
		return nil
	}
	if len(open) == 0 {
		return fmt.Errorf("it is stuck: nothing is open")
	}
	for _, v := range open {
		if !slices.ContainsFunc(v.Seats, func(s *Seat) bool { return s.State == SeatOpen }) && r.m.Stage(v.Stage).WhenDue != pack.OutcomePass {
			return fmt.Errorf("visit %d of %s has no open seat and no clock that ends it", v.ID, v.Stage)
		}
	}
	// Of every split that has not met, each branch is under way or has come.
	for _, v := range open {
		for k, b := range v.Path {
			for at := range b.Of {
				way := append(slices.Clone(v.Path[:k]), Branch{Split: b.Split, At: at, Of: b.Of})
				going := slices.ContainsFunc(open, func(o *Visit) bool { return under(o.Path, way) })
				come := slices.ContainsFunc(c.Arrived, func(a Arrival) bool { return a.Split == b.Split && a.At == at })
				if going == come {
					return fmt.Errorf("branch %d after visit %d: under way %v, come %v", at, b.Split, going, come)
				}
			}
		}
	}
	for _, a := range c.Arrived {
		if !slices.ContainsFunc(open, func(v *Visit) bool {
			return slices.ContainsFunc(v.Path, func(b Branch) bool { return b.Split == a.Split })
		}) {
			return fmt.Errorf("a branch after visit %d waits for nothing", a.Split)
		}
	}
	return r.moves()
}

// moves checks that the clock can move the case, or somebody: of the staff, were everybody there, or who comes new to a role.
func (r *rig) moves() error {
	if wakes, err := Wakes(r.m, r.c, r.world()); err != nil || wakes != "" {
		return err
	}
	all := everybody()
	for _, list := range staffOf {
		p := list[0]
		p.ID = "new"
		all = append(all, p)
	}
	for _, p := range all {
		for _, l := range Acts(r.m, r.c, p, dayOf(r.now)) {
			if !slices.Contains([]string{ActUrge, ActCopy, ActVoid, ActSuspend, ActTransfer, ActObject}, l.Do) {
				return nil
			}
		}
	}
	return fmt.Errorf("nobody can do anything, and no clock goes")
}

// fresh checks the clocks of visits that an event opened: each has its own, and the last day is that of an oracle that goes day by day.
func (r *rig) fresh(before int) error {
	for _, v := range r.c.Visits[before:] {
		r.seen[v.Stage]++
		if v.Carried != 0 {
			continue
		}
		k, s := v.Clock, r.m.Stage(v.Stage)
		if k.Warned || k.Late || k.Stands() || k.Left != 0 {
			return fmt.Errorf("visit %d of %s begins with the clock of another one: %+v", v.ID, v.Stage, k)
		}
		want := Day("")
		today := dayOf(r.now)
		switch {
		case s.Limit.WorkingDays > 0:
			want = r.count(today, s.Limit.WorkingDays)
		case s.Limit.Days > 0:
			want = dayOf(today.Time().AddDate(0, 0, s.Limit.Days))
		case s.Limit.Months > 0:
			want = dayOf(pack.Period{Months: s.Limit.Months}.After(today.Time()))
		}
		if k.Due != want {
			return fmt.Errorf("visit %d of %s is due on %s, want %s", v.ID, v.Stage, k.Due, want)
		}
	}
	return nil
}

func (r *rig) count(from Day, n int) Day {
	d := from.Time()
	for n > 0 {
		d = d.AddDate(0, 0, 1)
		if works, _ := r.cal.Working(d); works {
			n--
		}
	}
	return dayOf(d)
}

// step does one random thing.
func (r *rig) step(t *rapid.T) {
	pick := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "pick") }
	before := len(r.c.Visits)
	switch kind := pick(12); {
	case kind == 0: // days go by
		r.now = r.now.AddDate(0, 0, 1+pick(20))
		for range 3 {
			n := len(r.c.Visits)
			if err := r.ticks(); err != nil {
				t.Fatal(err)
			}
			if err := r.fresh(n); err != nil {
				t.Fatal(err)
			}
		}
		return
	case kind == 1: // somebody leaves or comes back
		all := everybody()
		p := all[pick(len(all))].ID
		r.absent[p] = !r.absent[p]
		return
	case kind <= 3: // something illegal, or by chance not
		all := everybody()
		p := all[pick(len(all))]
		dos := append(slices.Clone(ofVisit), ofCase...)
		l := Legal{Do: dos[pick(len(dos))]}
		if slices.Contains(ofVisit, l.Do) {
			l.Visit = 1 + pick(len(r.c.Visits))
		}
		if slices.ContainsFunc(Acts(r.m, r.c, p, dayOf(r.now)), func(x Legal) bool { return x.Do == l.Do && x.Visit == l.Visit }) {
			return
		}
		a := Act{Do: l.Do, Visit: l.Visit, Note: "x", To: "expert1", State: "granted", On: dayOf(r.now), Remarks: []Remark{{Field: "name", Text: "x"}}}
		f := r.form(1)
		a.Form = &f
		was := copied(r.c)
		err := r.do(p, a)
		if err == nil {
			t.Fatalf("%s did %s in visit %d, which is not legal", p.ID, a.Do, a.Visit)
		}
		if fault.Of(err) == "" || fault.Of(err) == fault.Internal {
			t.Fatalf("%s: %v is no sentence", a.Do, err)
		}
		if differs(was, r.c) {
			t.Fatal("a refused act changed the case")
		}
		return
	}
	type option struct {
		p Person
		l Legal
	}
	var options []option
	for _, p := range everybody() {
		for _, l := range Acts(r.m, r.c, p, dayOf(r.now)) {
			o := option{p, l}
			weight := map[string]int{ActPass: 12, ActScore: 12, ActReport: 8, ActSupply: 8, ActAnswer: 8, ActResume: 12, ActReturn: 3, ActAdd: 2, ActSettle: 8}[l.Do]
			if slices.Contains([]string{ActVoid, ActWithdraw, ActRefuse, ActRevoke}, l.Do) && (r.calm || pick(12) > 0) {
				continue
			}
			if r.calm && (slices.Contains([]string{ActReturn, ActSuspend, ActSupplement, ActObject}, l.Do) || l.Do == ActAdd && r.m.Stage(l.Stage).Review == nil) {
				continue
			}
			for range max(1, weight) {
				options = append(options, o)
			}
		}
	}
	if len(options) == 0 {
		return
	}
	o := options[pick(len(options))]
	a, ok := r.given(pick, o.p, o.l)
	if !ok {
		return
	}
	a.Key = fmt.Sprintf("key%d", r.c.Seq)
	if err := r.do(o.p, a); err != nil {
		if r.unknown() && fault.Of(err) == fault.Conflict && strings.Contains(err.Error(), "missing") {
			return
		}
		t.Fatalf("%s may %s in visit %d, but: %v", o.p.ID, a.Do, a.Visit, err)
	}
	if seq, err := r.c.Again(a, o.p); err != nil || seq != r.c.Seq {
		t.Fatalf("the second click: event %d (%v), want %d", seq, err, r.c.Seq)
	}
	other := a
	other.Note += "x"
	if _, err := r.c.Again(other, o.p); fault.Of(err) != fault.Conflict {
		t.Fatalf("the same key with other content: %v", err)
	}
	if err := r.fresh(before); err != nil {
		t.Fatal(err)
	}
}

func (r *rig) unknown() bool {
	for _, h := range r.holds {
		if h == tri.Unknown {
			return true
		}
	}
	return false
}

// Random legal and illegal acts of people who come and go, in time that goes by: no illegal one succeeds, every legal one does, no case
// is stuck, clocks are right, and the record replays to the same state. EYAS_SOAK makes it long.
func TestWalks(t *testing.T) {
	p := thirdPack(t)
	steps := 40
	if os.Getenv("EYAS_SOAK") != "" {
		steps = 400
	}
	for _, m := range p.Matters {
		t.Run(m.ID, func(t *testing.T) {
			entered := map[string]int{}
			rapid.Check(t, func(rt *rapid.T) {
				day := time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 6*365).Draw(rt, "day")).Format(time.DateOnly)
				r := newRig(t, p, m, day)
				r.calm = rapid.Bool().Draw(rt, "calm")
				for _, s := range m.Stages {
					for _, n := range s.Then {
						if n.When != "" {
							r.holds[n.When] = rapid.SampledFrom([]tri.Bool{tri.True, tri.True, tri.False, tri.Unknown}).Draw(rt, "holds")
						}
					}
				}
				for _, k := range m.Form.Checks {
					if r.holds[k.When] == tri.False { // else nothing could be filed
						r.holds[k.When] = tri.True
					}
				}
				for range steps {
					r.step(rt)
					if err := r.check(); err != nil {
						text, _ := json.MarshalIndent(r.c, "", " ")
						rt.Fatalf("%v\n%s", err, text)
					}
					if r.c.End != "" {
						break
					}
				}
				for s, n := range r.seen {
					entered[s] = max(entered[s], n)
				}
			})
			t.Log("most visits of a stage in one walk: ", entered)
			for _, s := range m.Stages {
				if os.Getenv("EYAS_SOAK") != "" && entered[s.ID] == 0 {
					t.Errorf("no walk came to stage %s", s.ID)
				}
			}
		})
	}
}
