// Package sharing keeps by whom a subject may be seen besides those where it lies: a subject consents that an institution, such as
// a bank, sees it for a purpose until a day, and takes that back at any time; an officer assigns a subject to a person, such as an
// expert, until a day. Package auth asks it for the subjects of a role with such rows, so that all lists, counts and pages follow.
package sharing

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
)

// Kind is what lets somebody see a subject.
type Kind string

// The kinds of shares.
const (
	Consent    Kind = "consent"    // of the subject, to another subject
	Assignment Kind = "assignment" // to a person
)

// Share is that a subject may be seen from one day to another.
type Share struct {
	ID          int64
	Kind        Kind
	Subject     int64
	Receiver    int64  // of a consent: the subject for which the role is held, such as a bank
	Person      string // of an assignment
	Purpose     string // in the words of who gave it
	From, Until string // first and last day
	Made        time.Time
	MadeBy      string
	Ended       time.Time // zero: not before its last day
	EndedBy     string
}

// Holds reports whether a share is in force on a day.
func (s *Share) Holds(day string) bool { return s.Ended.IsZero() && s.From <= day && day <= s.Until }

// Storage keeps shares in a base.
type Storage interface {
	ReadShares(ctx context.Context, fn func(Reader) error) error
	// WriteShares runs fn in a transaction of which the operation log proves what it wrote. Writers run one after another.
	WriteShares(ctx context.Context, fn func(Writer) error) error
}

// Reader reads shares.
type Reader interface {
	// Share finds a share; nil: there is none.
	Share(ctx context.Context, id int64) (*Share, error)
	// Shares are those of a subject, the newest first, at most limit.
	Shares(ctx context.Context, subject int64, kind Kind, limit int) ([]Share, error)
	// Held are the subjects, ascending, that a receiver or a person sees on a day.
	Held(ctx context.Context, kind Kind, receiver int64, person, day string) ([]int64, error)
}

// Writer writes shares.
type Writer interface {
	Reader
	AddShare(ctx context.Context, s *Share) error
	EndShare(ctx context.Context, id int64, at time.Time, by string) error
	Log(ctx context.Context, e audit.Entry) error
}

// Config is what Shares needs.
type Config struct {
	Pack    *pack.Pack
	Storage Storage
	Clock   func() time.Time
	Actors  auth.Directory
	// Lie says where a subject lies; see registry.Registry.Lie.
	Lie func(ctx context.Context, subject int64, by string) (auth.Lie, error)
	// Receiver finds a subject of some registers by its code; 0: there is none.
	Receiver func(ctx context.Context, registers []string, code string) (int64, error)
	// Assignable reports whether a person holds, today, a role that sees what is assigned; nil: everybody does.
	Assignable func(ctx context.Context, person string) (bool, error)
}

// Shares are the shares of a base. It is safe for concurrent use.
type Shares struct{ Config }

// New opens the shares of a base.
func New(c Config) *Shares { return &Shares{c} }

// longest is for how many days a share may be given.
const longest = 366

func (s *Shares) today() string {
	zone := s.Pack.Zone
	if zone == nil {
		zone = time.UTC
	}
	return s.Clock().In(zone).Format(time.DateOnly)
}

// Seen are the subjects that an actor sees by shares, for auth.Rights.
func (s *Shares) Seen(ctx context.Context, a auth.Actor, rows pack.Rows) (list []int64, err error) {
	defer fault.At(&err, "sharing.Seen(%s)", rows)
	kind, receiver, person := Consent, a.Subject, ""
	switch rows {
	case pack.RowsConsented:
		if receiver == 0 {
			return nil, nil
		}
	case pack.RowsAssigned:
		kind, receiver, person = Assignment, 0, a.ID
	default:
		return nil, nil
	}
	err = s.Storage.ReadShares(ctx, func(r Reader) (err error) {
		list, err = r.Held(ctx, kind, receiver, person, s.today())
		return err
	})
	return list, err
}

// actionOf is what somebody must be allowed to do to give and end a kind of share.
func actionOf(k Kind) auth.Action {
	if k == Assignment {
		return auth.Assign
	}
	return auth.Consent
}

// may refuses who may not give or end a share of a subject.
func (s *Shares) may(ctx context.Context, k Kind, subject int64) error {
	lies, err := s.Lie(ctx, subject, s.Actors.Acting(ctx).ID)
	if err != nil {
		return err
	}
	return s.Actors.Decide(ctx, actionOf(k), auth.Resource{Lies: &lies})
}

// Ask is what somebody gives.
type Ask struct {
	Code    string // of the receiver of a consent
	Person  string // of an assignment
	Purpose string
	Until   string // last day
}

// Give gives a share of a subject, from today on.
func (s *Shares) Give(ctx context.Context, k Kind, subject int64, a Ask) (x *Share, err error) {
	defer fault.At(&err, "sharing.Give(%s, subject %d)", k, subject)
	if err := s.may(ctx, k, subject); err != nil {
		return nil, err
	}
	today := s.today()
	x = &Share{Kind: k, Subject: subject, Purpose: strings.TrimSpace(a.Purpose), From: today, Until: strings.TrimSpace(a.Until), Made: s.Clock(), MadeBy: s.Actors.Acting(ctx).ID}
	day, bad := time.Parse(time.DateOnly, x.Until)
	first, _ := time.Parse(time.DateOnly, today)
	if bad != nil || x.Until < today || day.Sub(first) > longest*24*time.Hour {
		return nil, fault.New(fault.Invalid, "请写明最后一天：今天或以后，最长一年。", "Give the last day: today or later, a year at most.")
	}
	if n := utf8.RuneCountInString(x.Purpose); n < 2 || n > 200 {
		return nil, fault.New(fault.Invalid, "请写明用途，2 到 200 个字。", "Say what for, in 2 to 200 characters.")
	}
	if err := s.whom(ctx, x, a); err != nil {
		return nil, err
	}
	detail := map[string]any{"share": string(k), "until": x.Until, "purpose": audit.Beside(x.Purpose)}
	if k == Assignment {
		detail["person"] = x.Person
	} else {
		detail["receiver"] = x.Receiver
	}
	e, err := s.entry(ctx, "share", subject, detail)
	if err != nil {
		return nil, err
	}
	return x, s.Storage.WriteShares(ctx, func(w Writer) error {
		if err := w.AddShare(ctx, x); err != nil {
			return err
		}
		return w.Log(ctx, e)
	})
}

// whom finds to whom a share is given.
func (s *Shares) whom(ctx context.Context, x *Share, a Ask) (err error) {
	if x.Kind == Assignment {
		x.Person = strings.TrimSpace(a.Person)
		ok := x.Person != ""
		if ok && s.Assignable != nil {
			ok, err = s.Assignable(ctx, x.Person)
		}
		if err == nil && !ok {
			err = fault.New(fault.Invalid, "没有这位专家或特派员。请填写其账号。", "There is no such expert or commissioner. Give the id of the account.")
		}
		return err
	}
	var registers []string
	for _, r := range s.Pack.Roles {
		if r.Rows == pack.RowsConsented {
			registers = append(registers, r.For...)
		}
	}
	if code := strings.ToUpper(strings.TrimSpace(a.Code)); code != "" {
		x.Receiver, err = s.Receiver(ctx, registers, code)
	}
	if err == nil && x.Receiver == 0 {
		err = fault.New(fault.Invalid, "没有这个代码的机构。请填写银行或机构的统一社会信用代码。", "There is no institution with this code. Give the unified social credit code of the bank or institution.")
	}
	return err
}

// End ends a share now. It does nothing when it was ended before.
func (s *Shares) End(ctx context.Context, subject, id int64) (err error) {
	defer fault.At(&err, "sharing.End(share %d)", id)
	none := fault.New(fault.NotFound, "没有这一项授权。", "There is no such share.")
	var x *Share
	err = s.Storage.ReadShares(ctx, func(r Reader) (err error) {
		x, err = r.Share(ctx, id)
		return err
	})
	if err != nil {
		return err
	}
	if x == nil || x.Subject != subject {
		return none
	}
	if err := s.may(ctx, x.Kind, subject); err != nil {
		return err
	}
	e, err := s.entry(ctx, "share-end", subject, map[string]any{"share": string(x.Kind)})
	if err != nil {
		return err
	}
	return s.Storage.WriteShares(ctx, func(w Writer) error {
		now, err := w.Share(ctx, id)
		if err != nil || now == nil || !now.Ended.IsZero() {
			return err
		}
		if err := w.EndShare(ctx, id, s.Clock(), s.Actors.Acting(ctx).ID); err != nil {
			return err
		}
		return w.Log(ctx, e)
	})
}

// mostShares bounds how many shares of a subject are listed.
const mostShares = 200

// List are the shares of a kind of a subject, the newest first, for who may give them.
func (s *Shares) List(ctx context.Context, k Kind, subject int64) (list []Share, err error) {
	defer fault.At(&err, "sharing.List(%s, subject %d)", k, subject)
	if err := s.may(ctx, k, subject); err != nil {
		return nil, err
	}
	err = s.Storage.ReadShares(ctx, func(r Reader) (err error) {
		list, err = r.Shares(ctx, subject, k, mostShares)
		return err
	})
	return list, err
}

// Today is the day by which shares hold.
func (s *Shares) Today() string { return s.today() }

func (s *Shares) entry(ctx context.Context, action string, subject int64, detail map[string]any) (audit.Entry, error) {
	return audit.Entry{At: s.Clock(), Actor: s.Actors.Acting(ctx).ID, Action: action, Subject: fmt.Sprintf("subject/%d", subject)}.WithDetail(detail)
}
