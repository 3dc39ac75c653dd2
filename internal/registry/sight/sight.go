// Package sight compares what a person saw on a page with the current state (optimistic concurrency control), so that
// nobody overwrites a change that he has not seen.
package sight

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
)

// Sight compares what a person saw with the current state.
type Sight struct {
	base  *derive.Base
	rooms Storage
}

// New returns the sight of a base.
func New(base *derive.Base, rooms Storage) *Sight { return &Sight{base, rooms} }

// Seen is what a person saw before deciding: for each thing (see the functions named Saw…) a mark of its state. A mark
// only tells whether the state is still the same.
type Seen map[string]string

// SawValue returns the key of one value of a subject ("staff" or "staff@2020"); its mark is that of Mark.
func SawValue(subject int64, key string) string { return fmt.Sprintf("value:%d/%s", subject, key) }

// SawSubject returns the key of everything known about a subject; its mark is Profile.Change.
func SawSubject(subject int64) string { return fmt.Sprintf("subject:%d", subject) }

// SawRecord returns the key of the subject that a record counts for; its mark is the id of the subject.
func SawRecord(record int64) string { return fmt.Sprintf("record:%d", record) }

// SawQuestion returns the key of the decision of a question; its mark is the state.
func SawQuestion(id int64) string { return fmt.Sprintf("question:%d", id) }

// SawPlace returns the key of the answer in force about a phrase in addresses; its mark is the district, empty when there
// is no answer.
func SawPlace(phrase string) string { return "place:" + phrase }

// SawHeader returns the key of the confirmed meaning of a header in files of a register; its mark is the meaning.
func SawHeader(register, header string) string { return "header:" + register + "/" + header }

// Mark returns the mark of a value; f is nil when nothing is known. For personal values the mark is the record and cell,
// because the digest of a telephone number would reveal the number.
func Mark(f *fact.Fact) string {
	switch {
	case f == nil || f.Void:
		return "-"
	case f.Attr.Personal:
		return fmt.Sprintf("%d.%d", f.Record, f.Cell)
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%v %d %q", f.Value.Num, f.Value.Int, f.Value.Str))
	return hex.EncodeToString(sum[:8])
}

// Stale is the cause of a fault with code Conflict: something changed after the person saw it.
type Stale struct {
	Things []string
	Now    Seen // the current marks of everything that was seen
}

// Error names the things that changed.
func (s *Stale) Error() string { return "changed since seen: " + strings.Join(s.Things, ", ") }

// Upon runs write in one transaction, after checking that everything is as the person saw it. Every write with the
// context that write gets belongs to the transaction. When something changed, nothing is written, and the fault with code
// Conflict says what; its cause is a *Stale. When several people decide upon the same state, exactly one succeeds. write
// may be run again from the start when none of it was written.
func (g *Sight) Upon(ctx context.Context, seen Seen, write func(context.Context) error) (err error) {
	defer fault.At(&err, "sight.Upon(%d things)", len(seen))
	claims, few := seen.claims()
	if few {
		ctx = fact.Narrow(ctx)
	}
	return g.rooms.Together(ctx, func(ctx context.Context) error {
		if few {
			if err := g.rooms.Sights().Write(ctx, func(w Writer) error { return w.Claim(ctx, claims...) }); err != nil {
				return err
			}
		}
		if err := g.Unchanged(ctx, seen); err != nil {
			return err
		}
		return write(ctx)
	})
}

// Unchanged returns a fault with code Conflict, caused by a *Stale, when something is not as it was seen. It reads in the
// transaction that ctx carries, or on a snapshot of its own.
func (g *Sight) Unchanged(ctx context.Context, seen Seen) (err error) {
	defer fault.At(&err, "sight.Unchanged(%d things)", len(seen))
	return g.rooms.Sights().Read(ctx, func(r Reader) error { return g.unchanged(ctx, r, seen) })
}

// unchanged returns a fault caused by a *Stale when something is not as it was seen.
func (g *Sight) unchanged(ctx context.Context, r Reader, seen Seen) error {
	stale := &Stale{Now: Seen{}}
	var told []pack.Text
	for thing, mark := range seen {
		now, text, err := g.sight(ctx, r, thing)
		if err != nil {
			return err
		}
		if stale.Now[thing] = now; now != mark {
			stale.Things, told = append(stale.Things, thing), append(told, text)
		}
	}
	if stale.Things == nil {
		return nil
	}
	slices.Sort(stale.Things)
	slices.SortFunc(told, func(a, b pack.Text) int { return strings.Compare(a.ZH, b.ZH) })
	zh, en := "您打开页面之后，别人已经改过：", "Since you opened the page, somebody has changed: "
	for i, t := range told {
		if i > 0 {
			zh, en = zh+"；", en+"; "
		}
		zh, en = zh+t.ZH, en+t.EN
	}
	return fault.New(fault.Conflict, zh+"。您的内容没有保存。", en+". What you sent was not saved.").Wrap(stale)
}

var errNoThing = errors.New("registry: what was seen is nothing that is known")

// sight returns the current mark of a thing and describes the state in words.
func (g *Sight) sight(ctx context.Context, r Reader, thing string) (mark string, told pack.Text, err error) {
	kind, rest, _ := strings.Cut(thing, ":")
	first, second, _ := strings.Cut(rest, "/")
	id, bad := strconv.ParseInt(first, 10, 64)
	switch kind {
	case "value", "subject", "record", "question":
		if bad != nil {
			return "", told, errUnseen(thing)
		}
	}
	switch kind {
	case "value":
		return g.sightOfValue(ctx, r, id, second)
	case "subject":
		p, err := derive.ProfileOf(ctx, r, id)
		if err != nil {
			return "", told, err
		}
		return strconv.FormatInt(p.Change, 10), pack.Text{ZH: "“" + p.Name + "”的数据", EN: "the data of “" + p.Name + "”"}, nil
	case "record":
		row, err := derive.LinkedRecord(ctx, r, id)
		if err != nil {
			return "", told, err
		}
		owner, err := derive.ProfileOf(ctx, r, row.Subject)
		if err != nil {
			return "", told, err
		}
		return strconv.FormatInt(row.Subject, 10), pack.Text{ZH: "这条记录现在属于“" + owner.Name + "”", EN: "the record is now that of “" + owner.Name + "”"}, nil
	case "question":
		q, err := derive.WantedQuestion(ctx, r, id)
		if err != nil {
			return "", told, err
		}
		return string(q.State), g.sightOfQuestion(q), nil
	case "place":
		return g.sightOfPlace(ctx, r, rest)
	case "header":
		known, err := r.Remembered(ctx, first)
		means := known[second]
		return means, pack.Text{ZH: fmt.Sprintf("列“%s”的含义现在记为“%s”", second, means), EN: fmt.Sprintf("the column “%s” is now remembered as “%s”", second, means)}, err
	}
	return "", told, errUnseen(thing)
}

func errUnseen(thing string) error {
	return fault.New(fault.Invalid, "表单里“所见的内容”读不出。请从页面上重新打开表单。", "The form cannot tell which values were shown. Open it again from its page.").Wrap(fmt.Errorf("%w: %q", errNoThing, thing))
}

func (g *Sight) sightOfValue(ctx context.Context, r Reader, subject int64, key string) (mark string, told pack.Text, err error) {
	root, err := derive.RootOf(ctx, r, subject)
	if err != nil {
		return "", told, err
	}
	p, reg, err := g.base.ProfileNow(ctx, r, root)
	if err != nil {
		return "", told, err
	}
	id, text, _ := strings.Cut(key, "@")
	a := reg.Attribute(id)
	if a == nil {
		return "", told, errUnseen(key)
	}
	told = pack.Text{ZH: "“" + a.Name.ZH + "”", EN: "“" + a.Name.EN + "”"}
	year, _ := strconv.Atoi(text) // no year: the attribute is not yearly
	if year != 0 {
		told = pack.Text{ZH: text + "年" + told.ZH, EN: told.EN + " of " + text}
	}
	return Mark(p.Fact(id, year)), told, nil
}

// stateWords are the states of questions in words.
var stateWords = map[fact.QuestionState]pack.Text{
	fact.Open: {ZH: "待确认", EN: "open"}, fact.Same: {ZH: "是同一个", EN: "the same"}, fact.Different: {ZH: "不是同一个", EN: "different"},
	fact.Later: {ZH: "以后再说", EN: "put aside"}, fact.Moot: {ZH: "不用再问", EN: "settled by a merge"},
}

func (g *Sight) sightOfQuestion(q *fact.QuestionRow) pack.Text {
	w := stateWords[q.State]
	t := pack.Text{ZH: "这一对现在是“" + w.ZH + "”", EN: "this pair is now “" + w.EN + "”"}
	if !q.DecidedAt.IsZero() {
		when := q.DecidedAt.In(g.base.Pack.Zone).Format("2006-01-02 15:04")
		t.ZH, t.EN = t.ZH+"（"+when+"）", t.EN+" ("+when+")"
	}
	return t
}

func (g *Sight) sightOfPlace(ctx context.Context, r fact.PlaceReader, phrase string) (string, pack.Text, error) {
	list, err := r.PlaceAnswers(ctx)
	if err != nil {
		return "", pack.Text{}, err
	}
	org := fact.InForce(list)[phrase]
	name := pack.Text{ZH: "没有回答", EN: "not answered"}
	if org != "" {
		name = pack.Text{ZH: "外地", EN: "a place outside the city"}
	}
	for _, o := range g.base.Pack.Orgs {
		if o.ID == org {
			name = o.Name
		}
	}
	return org, pack.Text{ZH: fmt.Sprintf("“%s”现在指%s", phrase, name.ZH), EN: fmt.Sprintf("“%s” now means %s", phrase, name.EN)}, nil
}

// claims returns the claims for everything that was seen. narrow is false when something that cannot be claimed was seen.
func (seen Seen) claims() (things []string, narrow bool) {
	for thing := range seen {
		kind, rest, _ := strings.Cut(thing, ":")
		first, _, _ := strings.Cut(rest, "/")
		id, err := strconv.ParseInt(first, 10, 64)
		if kind != "value" && kind != "subject" || err != nil {
			return nil, false
		}
		things = append(things, fact.ClaimSubject(id))
	}
	return things, len(things) > 0
}
