package quality

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
)

// longest bounds what a person writes about a finding, in characters.
const longest = 500

// Assign says who is to mend a finding: an office or a person.
func (b *Board) Assign(ctx context.Context, actor string, k Key, assignee, note string) error {
	if strings.TrimSpace(assignee) == "" {
		return fault.New(fault.Invalid, "请写明交给哪个单位或哪个人。", "Say which office or person is to mend it.")
	}
	return b.decide(ctx, actor, "assign", k, assignee+note, func(r *Row) {
		r.State, r.Assignee, r.Reason = Assigned, strings.TrimSpace(assignee), strings.TrimSpace(note)
	})
}

// Ask records what the enterprise was asked.
func (b *Board) Ask(ctx context.Context, actor string, k Key, question string) error {
	if strings.TrimSpace(question) == "" {
		return fault.New(fault.Invalid, "请写明要问企业什么。", "Say what the enterprise is asked.")
	}
	return b.decide(ctx, actor, "ask", k, question, func(r *Row) { r.State, r.Reason = Asked, strings.TrimSpace(question) })
}

// Dismiss says that a doubted value is right, and why. The finding comes back when the value changes.
func (b *Board) Dismiss(ctx context.Context, actor string, k Key, reason string) error {
	if strings.TrimSpace(reason) == "" {
		return fault.New(fault.Invalid, "请写明为什么这个值是对的。", "Say why the value is right.")
	}
	return b.decide(ctx, actor, "dismiss", k, reason, func(r *Row) {
		r.State, r.Reason, r.ResolvedAt = Dismissed, strings.TrimSpace(reason), b.now()
	})
}

// Reopen takes a decision back.
func (b *Board) Reopen(ctx context.Context, actor string, k Key) error {
	return b.decide(ctx, actor, "reopen", k, "", func(r *Row) {
		r.State, r.Assignee, r.Reason, r.ResolvedAt = Open, "", "", time.Time{}
	})
}

func (b *Board) now() time.Time { return b.clock().UTC().Truncate(time.Millisecond) }

// decide changes one finding in one transaction, with its line in the operation log.
func (b *Board) decide(ctx context.Context, actor, what string, k Key, written string, change func(*Row)) error {
	if err := auth.Decide(b.actors.Actor(actor), auth.Settle, auth.Resource{ID: k.String()}); err != nil {
		return err
	}
	if n := len([]rune(written)); n > longest {
		return fault.New(fault.Invalid, fmt.Sprintf("写了 %d 个字，最多 %d 个字。", n, longest), fmt.Sprintf("%d characters are too many: at most %d.", n, longest))
	}
	return b.base.WriteFindings(ctx, func(w Writer) error {
		row, err := w.Finding(ctx, k)
		if err != nil {
			return err
		}
		if row == nil || row.State == Mended {
			return errNoFinding()
		}
		from := row.State
		change(row)
		row.ChangedAt, row.ChangedBy = b.now(), actor
		if err := w.SetFindings(ctx, []Row{*row}); err != nil {
			return err
		}
		detail, err := json.Marshal(struct {
			Value    string `json:"value"`
			From     State  `json:"from"`
			To       State  `json:"to"`
			Assignee string `json:"assignee,omitempty"`
			Reason   string `json:"reason,omitempty"`
		}{row.Value, from, row.State, row.Assignee, row.Reason})
		if err != nil {
			return err
		}
		return w.Log(ctx, audit.Entry{At: b.clock(), Actor: actor, Action: "finding." + what, Subject: "finding/" + k.String(), Detail: string(detail)})
	})
}

func errNoFinding() error {
	return fault.New(fault.NotFound, "这个值已不再被怀疑，可能刚被改正。请刷新名单。", "This value is no longer doubted, perhaps because it was just mended: load the list again.")
}

// Found gives a finding; a fault with code NotFound when there is none.
func (b *Board) Found(ctx context.Context, k Key) (row *Row, err error) {
	err = b.base.ReadFindings(ctx, func(r Reader) error {
		row, err = r.Finding(ctx, k)
		if err == nil && row == nil {
			err = errNoFinding()
		}
		return err
	})
	return row, err
}

// String is the key as addresses write it: 12.unit_slip.sales.2020.
func (k Key) String() string {
	return fmt.Sprintf("%d.%s.%s.%d", k.Subject, k.Rule, k.Attribute, k.Year)
}

// ParseKey reads what String wrote.
func ParseKey(text string) (k Key, ok bool) {
	part := strings.Split(text, ".")
	if len(part) != 4 || part[1] == "" || part[2] == "" {
		return k, false
	}
	k.Rule, k.Attribute = part[1], part[2]
	n, err := fmt.Sscanf(part[0]+" "+part[3], "%d %d", &k.Subject, &k.Year)
	return k, err == nil && n == 2 && k.String() == text
}
