package disclosure

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
)

// UnmaskedFor is how long personal data are shown unmasked.
const UnmaskedFor = 15 * time.Minute

// Ask is what somebody asks to see unmasked, and what for.
type Ask struct {
	Register string
	Fields   []string // ids of personal attributes
	Purpose  string   // id of a pack.Purpose
	Reason   string   // what it is about, in his own words
}

// check reads what was asked; the error is a fault that says what is missing.
func (l *Ledger) check(ctx context.Context, a *Ask) error {
	reg := l.Pack.Register(a.Register)
	if reg == nil {
		return fault.New(fault.NotFound, "没有名为“"+a.Register+"”的库。", "There is no register “"+a.Register+"”.")
	}
	slices.Sort(a.Fields)
	a.Fields = slices.Compact(a.Fields)
	if len(a.Fields) == 0 {
		return fault.New(fault.Invalid, "请至少选择一项要看的个人信息。", "Choose at least one of the personal data.")
	}
	for _, id := range a.Fields {
		if x := reg.Attribute(id); x == nil || !x.Personal || !slices.Contains(l.Actors.Classes(ctx), x.Class) {
			return fault.New(fault.Invalid, "“"+id+"”不是可以查看原文的个人信息。请从列出的各项中选择。", "“"+id+"” is not one of the personal data that can be unmasked. Choose from those that are listed.")
		}
	}
	return l.checkPurpose(a)
}

// checkPurpose reads what it is asked for.
func (l *Ledger) checkPurpose(a *Ask) error {
	if l.Pack.Purpose(a.Purpose) == nil {
		return fault.New(fault.Invalid, "请选择用途。", "Choose a purpose.")
	}
	if a.Reason = strings.TrimSpace(a.Reason); utf8.RuneCountInString(a.Reason) < 4 || utf8.RuneCountInString(a.Reason) > 200 {
		return fault.New(fault.Invalid, "请写明是哪件事，4 到 200 个字。", "Say what it is about, in 4 to 200 characters.")
	}
	return nil
}

// Unmask shows personal data of a subject unmasked to the actor of a context in his session, for UnmaskedFor. What he saw so
// before in this session is over. It is in the log before anything is shown.
func (l *Ledger) Unmask(ctx context.Context, subject int64, a Ask) (u *Unmasking, err error) {
	defer fault.At(&err, "disclosure.Unmask(subject %d)", subject)
	who, actor := l.who(ctx)
	lies, err := l.Lie(ctx, subject, actor.ID)
	if err != nil {
		return nil, err
	}
	if err := l.Actors.Decide(ctx, auth.Unmask, auth.Resource{Register: a.Register, ID: fmt.Sprint(subject), Lies: &lies}); err != nil {
		return nil, err
	}
	if err := l.check(ctx, &a); err != nil {
		return nil, err
	}
	now := l.Clock()
	u = &Unmasking{Who: who, Session: actor.Session, Subject: subject, Register: a.Register, Fields: a.Fields, Purpose: a.Purpose, Began: now, Ends: now.Add(UnmaskedFor)}
	e, err := l.entry(ctx, "unmask", subject, map[string]any{"register": a.Register, "fields": a.Fields, "purpose": a.Purpose, "reason": audit.Beside(a.Reason),
		"until": u.Ends.In(l.zone()).Format("2006-01-02 15:04"), "session": actor.Session})
	if err != nil {
		return nil, err
	}
	return u, l.Storage.WriteUnmasking(ctx, func(w Writer) error {
		if _, err := w.EndUnmaskings(ctx, subject, who.Person, actor.Session, now); err != nil {
			return err
		}
		if err := w.AddUnmasking(ctx, u); err != nil {
			return err
		}
		if err := w.Log(ctx, e); err != nil {
			return err
		}
		return w.AddLooks(ctx, []Look{{Who: who, Subject: subject, Day: l.day(), What: Unmask, Purpose: a.Purpose, Times: 1}})
	})
}

// EndUnmask ends that the actor of a context sees personal data of a subject unmasked. It does nothing when he does not.
func (l *Ledger) EndUnmask(ctx context.Context, subject int64) (err error) {
	defer fault.At(&err, "disclosure.EndUnmask(subject %d)", subject)
	who, actor := l.who(ctx)
	e, err := l.entry(ctx, "unmask-end", subject, map[string]any{"session": actor.Session})
	if err != nil {
		return err
	}
	return l.Storage.WriteUnmasking(ctx, func(w Writer) error {
		n, err := w.EndUnmaskings(ctx, subject, who.Person, actor.Session, l.Clock())
		if err != nil || n == 0 {
			return err
		}
		return w.Log(ctx, e)
	})
}

// Unmasked is what the actor of a context sees unmasked of a subject now; nil: nothing. It holds in the session and the role in
// which it was asked for, and as long as the role may unmask.
func (l *Ledger) Unmasked(ctx context.Context, subject int64) (u *Unmasking, err error) {
	defer fault.At(&err, "disclosure.Unmasked(subject %d)", subject)
	who, actor := l.who(ctx)
	if actor.Viewer != "" || l.Actors.Decide(ctx, auth.Unmask, auth.Resource{}) != nil {
		return nil, nil
	}
	err = l.Storage.ReadDisclosures(ctx, func(r Reader) (err error) {
		u, err = r.Unmasked(ctx, subject, actor.ID, actor.Session, l.Clock())
		return err
	})
	if err != nil || u == nil || u.Who != who {
		return nil, err
	}
	classes, reg := l.Actors.Classes(ctx), l.Pack.Register(u.Register)
	u.Fields = slices.DeleteFunc(u.Fields, func(id string) bool {
		var x *pack.Attribute
		if reg != nil {
			x = reg.Attribute(id)
		}
		return x == nil || !slices.Contains(classes, x.Class)
	})
	return u, nil
}

func (l *Ledger) entry(ctx context.Context, action string, subject int64, detail map[string]any) (audit.Entry, error) {
	return audit.Entry{At: l.Clock(), Actor: l.Actors.Acting(ctx).ID, Action: action, Subject: fmt.Sprintf("subject/%d", subject)}.WithDetail(detail)
}
