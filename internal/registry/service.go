package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
)

// Registry is the Service over a database.
type Registry struct {
	pack    *pack.Pack
	base    Storage
	clock   func() time.Time
	actors  auth.Directory
	places  *placeBook
	layouts *layoutBook
}

var _ Service = (*Registry)(nil)

// New gives the registry of a base without accounts. clock gives the time that imports carry and progress is
// measured by.
func New(p *pack.Pack, base Storage, clock func() time.Time) *Registry {
	for _, r := range p.Registers {
		r.Attribute("") // fills its index, before goroutines share it
	}
	for _, s := range p.Sources {
		if s.Items != nil && s.Items.View != nil {
			s.Items.View.Attribute("")
		}
	}
	return &Registry{pack: p, base: base, clock: clock, actors: auth.Accountless(), places: &placeBook{}, layouts: &layoutBook{}}
}

// WithActors gives the registry with the roles of other actors.
func (g *Registry) WithActors(d auth.Directory) *Registry {
	with := *g
	with.actors = d
	return &with
}

// register finds a register of the pack.
func (g *Registry) register(id string) (*pack.Register, error) {
	for _, r := range g.pack.Registers {
		if r.ID == id {
			return r, nil
		}
	}
	return nil, fault.New(fault.Invalid, fmt.Sprintf("没有名为“%s”的库。", id), fmt.Sprintf("There is no register “%s”.", id))
}

// main is the register that lists and profiles are about: the pack's first.
func (g *Registry) main() *pack.Register { return g.pack.Registers[0] }

// checked gives a register and complete options, or says what is wrong with them.
func (g *Registry) checked(opt Options) (*pack.Register, Options, error) {
	reg, err := g.register(opt.Register)
	if err != nil {
		return nil, opt, err
	}
	if opt.Lang == "" {
		opt.Lang = "zh-CN"
	}
	opt.Complete = slices.Compact(slices.Sorted(slices.Values(opt.Complete))) // in whatever order they were named
	for _, id := range opt.Complete {
		if a := reg.Attribute(id); a == nil || a.Kind != pack.Boolean || a.Manual {
			return nil, opt, fault.New(fault.Invalid,
				fmt.Sprintf("“%s”不能声明为完整名单：只有不由人工认定的是否项可以。", id),
				fmt.Sprintf("“%s” cannot be declared complete: only yes/no attributes that are not manual findings can.", id))
		}
	}
	if err := checkSource(g.pack, reg, &opt); err != nil {
		return nil, opt, err
	}
	view := viewOf(reg, g.pack.Source(opt.Source))
	for header, target := range opt.Map {
		if id, _, _ := strings.Cut(target, "@"); target != "-" && view.Attribute(id) == nil {
			return nil, opt, fault.New(fault.Invalid,
				fmt.Sprintf("列“%s”指向的属性“%s”不存在。", header, id),
				fmt.Sprintf("Column “%s” is mapped to the attribute “%s”, which does not exist.", header, id))
		}
	}
	return reg, opt, nil
}

// codec gives the codec of a register's facts in a database.
func (g *Registry) codec(ctx context.Context, r Reader, reg *pack.Register) (*codec, error) {
	numbers, err := r.Attributes(ctx, reg.ID)
	if err != nil {
		return nil, err
	}
	sources, err := r.Sources(ctx)
	if err != nil {
		return nil, err
	}
	return g.layouts.codec(g.pack, reg, numbers, sources), nil
}

// numbered is codec after every attribute and source of the pack was given a number.
func (g *Registry) numbered(ctx context.Context, w Writer, reg *pack.Register) (*codec, error) {
	numbers, err := w.Attributes(ctx, reg.ID)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, a := range reg.Attributes {
		ids = append(ids, a.ID)
	}
	added := missing(ids, numbers)
	if err := w.AddAttributes(ctx, reg.ID, added); err != nil {
		return nil, err
	}
	maps.Copy(numbers, added)
	sources, err := w.Sources(ctx)
	if err != nil {
		return nil, err
	}
	if last, err := w.Counter(ctx, LastSubject); err != nil {
		return nil, err
	} else if last == 0 { // whatever comes is derived by the rankings of now
		if err := w.Set(ctx, precedenceSetting, g.precedence()); err != nil {
			return nil, err
		}
	}
	ids = ids[:0]
	for _, s := range g.pack.Sources {
		ids = append(ids, s.ID)
	}
	if added = missing(ids, sources); len(added) > 0 {
		if err := w.AddSources(ctx, added); err != nil {
			return nil, err
		}
		maps.Copy(sources, added)
	}
	return newCodec(g.pack, reg, numbers, sources), nil
}

// ready is numbered in a transaction of its own, which is left out when nothing is to be numbered.
func (g *Registry) ready(ctx context.Context, reg *pack.Register) (n *codec, err error) {
	whole := false
	err = g.base.Read(ctx, func(r Reader) (err error) {
		n, whole, err = g.foreseen(ctx, r, reg)
		return err
	})
	if err != nil || whole {
		return n, err
	}
	err = g.base.Write(ctx, func(w Writer) error { n, err = g.numbered(ctx, w, reg); return err })
	return n, err
}

// foreseen is the codec that numbered will give if nobody else numbers anything before; whole says that nothing is to be
// numbered.
func (g *Registry) foreseen(ctx context.Context, r Reader, reg *pack.Register) (n *codec, whole bool, err error) {
	numbers, err := r.Attributes(ctx, reg.ID)
	if err != nil {
		return nil, false, err
	}
	sources, err := r.Sources(ctx)
	if err != nil {
		return nil, false, err
	}
	last, err := r.Counter(ctx, LastSubject)
	whole = last > 0
	var ids []string
	for _, a := range reg.Attributes {
		ids = append(ids, a.ID)
	}
	added := missing(ids, numbers)
	whole = whole && len(added) == 0
	maps.Copy(numbers, added)
	ids = ids[:0]
	for _, s := range g.pack.Sources {
		ids = append(ids, s.ID)
	}
	added = missing(ids, sources)
	whole = whole && len(added) == 0
	maps.Copy(sources, added)
	return newCodec(g.pack, reg, numbers, sources), whole, err
}

// same reports whether two codecs of a register number alike.
func (n *codec) same(o *codec) bool {
	return slices.Equal(n.numbers, o.numbers) && slices.Equal(n.from, o.from)
}

// log appends to the audit chain. detail is written as JSON, with the pack by which profiles were derived.
func (g *Registry) log(ctx context.Context, w Writer, actor, action, subject string, detail any) error {
	text, err := json.Marshal(detail)
	if err != nil {
		return err
	}
	e, err := audit.Entry{At: g.clock(), Actor: actor, Action: action, Subject: subject, Detail: string(text)}.WithPack(g.packMark())
	if err != nil {
		return err
	}
	return w.Log(ctx, e)
}

// packMark is enough of the pack's fingerprint to tell packs apart.
func (g *Registry) packMark() string { return g.pack.Fingerprint[:min(16, len(g.pack.Fingerprint))] }

// Imports lists imports, the newest first; their reports carry counts and no lists.
func (g *Registry) Imports(ctx context.Context, offset, limit int) (list []Import, total int, err error) {
	err = g.base.Read(ctx, func(r Reader) error {
		rows, n, err := r.Imports(ctx, offset, limit)
		if err != nil {
			return err
		}
		total = n
		for i := range rows {
			one, err := rows[i].view("")
			if err != nil {
				return err
			}
			list = append(list, *one)
		}
		return nil
	})
	return list, total, err
}

// ImportByID gives one import with the lists of its report.
func (g *Registry) ImportByID(ctx context.Context, id int64) (found *Import, err error) {
	err = g.base.Read(ctx, func(r Reader) error {
		row, err := wanted(ctx, r, id)
		if err != nil {
			return err
		}
		found, err = row.view("")
		return err
	})
	return found, err
}

// wanted finds an import that somebody named.
func wanted(ctx context.Context, r Reader, id int64) (*ImportRow, error) {
	row, err := r.Import(ctx, id)
	if err == nil && row == nil {
		err = fault.New(fault.NotFound, fmt.Sprintf("没有编号为 %d 的导入。", id), fmt.Sprintf("There is no import number %d.", id))
	}
	return row, err
}

// Profile gives what is known of a subject.
func (g *Registry) Profile(ctx context.Context, subject int64) (*Profile, error) {
	return g.ProfileAt(ctx, subject, Moment{})
}

func noSubject(id int64) error {
	return fault.New(fault.NotFound, fmt.Sprintf("底库里没有编号为 %d 的主体。", id), fmt.Sprintf("The base has no subject number %d.", id))
}

// profile reads a stored profile into p, whose memory is used again.
func (n *codec) profile(row *ProfileRow, lists map[int][]whole, p *Profile) error {
	facts, err := n.readFacts(p.Facts[:0], row.Facts)
	if err != nil {
		return badProfile(row.Subject, err)
	}
	if !row.Gone {
		facts = n.declare(row.Subject, facts, lists)
	}
	facts = withoutVoid(facts)
	*p = Profile{Subject: row.Subject, Code: row.Code, Name: row.Name, Facts: facts, Gone: row.Gone, Change: row.Change}
	return nil
}

func badProfile(subject int64, err error) error { return fmt.Errorf("profile %d: %w", subject, err) }

func missingProfile(subject int64) error {
	return fmt.Errorf("registry: subject %d has no profile: the base is not consistent", subject)
}

func missingRecord(id int64) error {
	return fmt.Errorf("registry: a profile names record %d, which does not exist: the base is not consistent", id)
}

// Scan gives the profiles of the pack's first register that changed after a value of the change counter, gone ones
// too, by subject. The profile is used again for the next: whoever keeps it copies its facts. Texts may be kept.
func (g *Registry) Scan(ctx context.Context, afterChange int64, fn func(*Profile) error) error {
	return g.EachProfile(ctx, g.main().ID, afterChange, fn)
}

// Change gives the change counter: it grows with every transaction that changes a profile.
func (g *Registry) Change(ctx context.Context) (n int64, err error) {
	err = g.base.Read(ctx, func(r Reader) error {
		n, err = r.Counter(ctx, LastChange)
		return err
	})
	return n, err
}

// Version says which state of which history something was derived from. The zero Version belongs to no history.
type Version struct {
	Change int64
	Mark   string // of that change; random, so that no other history has it
}

// Since gives the version of the base now, and reports whether an earlier one belongs to its past: if not, the base was
// restored or replaced meanwhile, and nothing that was derived from it then may be used.
func (g *Registry) Since(ctx context.Context, earlier Version) (now Version, own bool, err error) {
	err = g.base.Read(ctx, func(r Reader) error {
		if now.Change, err = r.Counter(ctx, LastChange); err != nil {
			return err
		}
		if now.Mark, err = r.Mark(ctx, now.Change); err != nil {
			return err
		}
		mark := now.Mark
		if earlier.Change != now.Change {
			mark, err = r.Mark(ctx, earlier.Change)
		}
		own = mark != "" && mark == earlier.Mark
		return err
	})
	return now, own, err
}

// Remembered gives what people said before that headers mean in files of a register.
func (g *Registry) Remembered(ctx context.Context, register string) (mapping map[string]string, err error) {
	err = g.base.Read(ctx, func(r Reader) error {
		mapping, err = r.Remembered(ctx, register)
		return err
	})
	return mapping, err
}

// Remember keeps what headers mean for the files of a register to come.
func (g *Registry) Remember(ctx context.Context, actor, register string, mapping map[string]string) error {
	if err := auth.Decide(g.actors.Actor(actor), auth.Remember, auth.Resource{}); err != nil {
		return err
	}
	if _, err := g.register(register); err != nil || len(mapping) == 0 {
		return err
	}
	return g.base.Write(ctx, func(w Writer) error {
		if err := w.Remember(ctx, actor, register, g.clock(), mapping); err != nil {
			return err
		}
		return g.log(ctx, w, actor, "remember", "mapping/"+register, map[string]any{"headers": mapping})
	})
}

// Synthetic reports whether rows made by the demonstration generator are in force.
func (g *Registry) Synthetic(ctx context.Context) (yes bool, err error) {
	err = g.base.Read(ctx, func(r Reader) error {
		yes, err = r.Synthetic(ctx)
		return err
	})
	return yes, err
}

// Storage is the base under the registry.
func (g *Registry) Storage() Storage { return g.base }
