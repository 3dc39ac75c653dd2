package mandate

import (
	"context"
	"slices"
	"unicode/utf8"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
)

func errNone() error {
	return fault.New(fault.NotFound, "没有这一项，或不由您办理。请刷新页面。", "There is no such entry, or it is not yours to deal with. Load the page again.")
}

// errLooking is answered to who sees the pages as another person sees them.
func errLooking() error {
	return fault.New(fault.Forbidden, "以他人身份查看时只能看，不能改。请先结束查看。", "While you see the pages as another person sees them, you can only look. End that first.")
}

// roleOf is the role with a mandate under which accounts of a subject are held.
func (m *Mandates) roleOf(ctx context.Context, subject int64) (*pack.Role, error) {
	lies, err := m.Lie(ctx, subject, "")
	if err != nil {
		return nil, err
	}
	role := m.roleFor(lies.Register)
	if role == nil {
		err = fault.New(fault.NotFound, "这个库的主体没有办事授权。", "Subjects of this register have no mandates.")
	}
	return role, err
}

// Establish says that the holder of a grant is the representative of its subject. His name is that of the profile, or a document says
// so. The former representative's position ends, and with it what he entrusted. Who says so may say it of others only.
func (m *Mandates) Establish(ctx context.Context, subject, grant int64, document string) (p *Position, err error) {
	defer fault.At(&err, "mandate.Establish(subject %d, grant %d)", subject, grant)
	if err := m.may(ctx, auth.Represent, subject); err != nil {
		return nil, err
	}
	basis := ByDocument
	if document = clean(document); document == "" {
		basis = ByName
	}
	return m.establish(ctx, subject, grant, basis, document)
}

// Owned is Establish by the machine's owner, on a base with generated data: nothing is shown, and he asks for no rights.
func (m *Mandates) Owned(ctx context.Context, subject, grant int64) (p *Position, err error) {
	defer fault.At(&err, "mandate.Owned(subject %d, grant %d)", subject, grant)
	return m.establish(ctx, subject, grant, ByOwner, "")
}

// Says is Establish, or with owner Owned, for package people.
func (m *Mandates) Says(ctx context.Context, subject, grant int64, document string, owner bool) (err error) {
	if owner {
		_, err = m.Owned(ctx, subject, grant)
	} else {
		_, err = m.Establish(ctx, subject, grant, document)
	}
	return err
}

func (m *Mandates) establish(ctx context.Context, subject, grant int64, basis Basis, document string) (*Position, error) {
	role, err := m.roleOf(ctx, subject)
	if err != nil {
		return nil, err
	}
	now, _, err := m.Now(ctx, subject, role.Mandate.By)
	if err != nil {
		return nil, err
	}
	lapsed, err := m.lapsedNow(ctx, role, subject)
	if err != nil {
		return nil, err
	}
	var made *Position
	err = m.Storage.WriteMandates(ctx, func(w Writer) error {
		holders, err := w.Holders(ctx, auth.Role(role.ID), subject, m.Today(), mostHolders)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(holders, func(h Holder) bool { return h.Grant == grant })
		if at < 0 {
			return errNone()
		}
		who := holders[at]
		actor := m.acting(ctx)
		switch n := utf8.RuneCountInString(document); {
		case actor == who.Person:
			return fault.New(fault.Forbidden, "不能确认自己是法定代表人，请由另一人办理。", "Nobody says of himself that he is the representative: somebody else must.")
		case basis == ByName && !Same(who.Name, now):
			return fault.New(fault.Invalid, "此人的姓名与库里登记的法定代表人不一致，或库里没有登记。请写明核对了什么文件，如“营业执照副本，2026-11-28 变更”。",
				"The name of this person is not that of the legal representative in the register, or the register has none. Say which document was checked.")
		case basis == ByDocument && (n < 2 || n > 200):
			return fault.New(fault.Invalid, "请写明核对的文件，2 到 200 个字。", "Say which document was checked, in 2 to 200 characters.")
		}
		if err := m.note(ctx, w, lapsed); err != nil {
			return err
		}
		former, err := w.Positions(ctx, subject, mostListed)
		if err != nil {
			return err
		}
		for i := range former {
			f := &former[i]
			if !f.Ended.IsZero() || !f.Lapsed.IsZero() {
				continue
			}
			if basis == ByOwner && f.Grant != grant { // of generated data several may be
				continue
			}
			if f.Grant == grant && basis == f.Basis && document == f.Document { // the second click
				made = f
				return nil
			}
			if err := m.endPosition(ctx, w, f); err != nil {
				return err
			}
		}
		made = &Position{Subject: subject, Person: who.Person, Grant: grant, Basis: basis, Document: document, name: named(now, who.Name), Made: m.Clock(), MadeBy: actor}
		if err := w.AddPosition(ctx, made); err != nil {
			return err
		}
		detail := map[string]any{"person": who.Person, "basis": string(basis)}
		if document != "" {
			detail["document"] = audit.Beside(document)
		}
		return m.log(ctx, w, actor, "represent", subject, detail)
	})
	return made, err
}

// acting is who acts, as the log names him.
func (m *Mandates) acting(ctx context.Context) string {
	if m.Actors == nil {
		return auth.Of(ctx)
	}
	return m.Actors.Acting(ctx).ID
}

func (m *Mandates) log(ctx context.Context, w Writer, actor, action string, subject int64, detail map[string]any) error {
	e, err := m.entryOf(actor, action, subject, detail)
	if err != nil {
		return err
	}
	return w.Log(ctx, e)
}

func (m *Mandates) endPosition(ctx context.Context, w Writer, p *Position) error {
	p.Ended, p.EndedBy = m.Clock(), m.acting(ctx)
	if err := w.SetPosition(ctx, p); err != nil {
		return err
	}
	return m.log(ctx, w, p.EndedBy, "represent-end", p.Subject, map[string]any{"person": p.Person})
}

// Resign ends a position, and with it what its person entrusted. Who may say that somebody is the representative may. It does nothing
// when it was ended before.
func (m *Mandates) Resign(ctx context.Context, subject, id int64) (err error) {
	defer fault.At(&err, "mandate.Resign(position %d)", id)
	if err := m.may(ctx, auth.Represent, subject); err != nil {
		return err
	}
	return m.Storage.WriteMandates(ctx, func(w Writer) error {
		p, err := w.Position(ctx, id)
		if err != nil {
			return err
		}
		if p == nil || p.Subject != subject {
			return errNone()
		}
		if !p.Ended.IsZero() {
			return nil
		}
		return m.endPosition(ctx, w, p)
	})
}

// lapsedNow are the positions of a subject that are found lapsed now and of which that is not written yet.
func (m *Mandates) lapsedNow(ctx context.Context, role *pack.Role, subject int64) (list []int64, err error) {
	var positions []Position
	err = m.Storage.ReadMandates(ctx, func(r Reader) error {
		positions, err = r.Positions(ctx, subject, mostListed)
		return err
	})
	for i := range positions {
		p := &positions[i]
		if err != nil || !p.Ended.IsZero() || !p.Lapsed.IsZero() {
			continue
		}
		var steady bool
		if steady, err = m.steady(ctx, role.Mandate, p); err == nil && !steady {
			list = append(list, p.ID)
		}
	}
	return list, err
}

// note writes that positions have lapsed.
func (m *Mandates) note(ctx context.Context, w Writer, lapsed []int64) error {
	for _, id := range lapsed {
		p, err := w.Position(ctx, id)
		if err != nil {
			return err
		}
		if p == nil || !p.Ended.IsZero() || !p.Lapsed.IsZero() {
			continue
		}
		p.Lapsed = m.Clock()
		if err := w.SetPosition(ctx, p); err != nil {
			return err
		}
		if err := m.log(ctx, w, auth.Self, "represent-lapsed", p.Subject, map[string]any{"person": p.Person}); err != nil {
			return err
		}
	}
	return nil
}

// Lapse writes down which positions have lapsed and of which that is not written yet, and how many there were. What has lapsed is decided
// from the base's history, so this must be done before values are erased from that.
func (m *Mandates) Lapse(ctx context.Context) (n int, err error) {
	defer fault.At(&err, "mandate.Lapse")
	ctx = auth.As(ctx, auth.Self)
	for after := int64(0); ; {
		var page []Position
		of := map[int64]*pack.Role{} // by position
		err := m.Storage.ReadMandates(ctx, func(r Reader) (err error) {
			if page, err = r.Standing(ctx, after, mostListed); err != nil {
				return err
			}
			for i := range page {
				g, err := r.Grant(ctx, page[i].Grant, m.Today())
				if err != nil {
					return err
				}
				if g != nil {
					of[page[i].ID] = m.Pack.Role(string(g.Role))
				}
			}
			return nil
		})
		if err != nil || len(page) == 0 {
			return n, err
		}
		after = page[len(page)-1].ID
		var lapsed []int64
		for i := range page {
			if role := of[page[i].ID]; role != nil && role.Mandate != nil {
				steady, err := m.steady(ctx, role.Mandate, &page[i])
				if err != nil {
					return n, err
				}
				if !steady {
					lapsed = append(lapsed, page[i].ID)
				}
			}
		}
		if len(lapsed) == 0 {
			continue
		}
		if err := m.Storage.WriteMandates(ctx, func(w Writer) error { return m.note(ctx, w, lapsed) }); err != nil {
			return n, err
		}
		n += len(lapsed)
	}
}
