package quality

import (
	"context"
	"fmt"
	"strings"
	"time"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/sight"
)

// longest is the most characters that a person may write about a finding.
const longest = 500

// Assign gives a finding to an office or a person to correct. An empty assignee is fault.Invalid. See decide for other
// errors.
func (b *Board) Assign(ctx context.Context, k Key, assignee, note string) error {
	if strings.TrimSpace(assignee) == "" {
		return fault.New(fault.Invalid, "请写明交给哪个单位或哪个人。", "Write which office or person must correct it.")
	}
	return b.decide(ctx, "assign", k, assignee+note, func(r *Row) {
		r.State, r.Assignee, r.Reason = Assigned, strings.TrimSpace(assignee), strings.TrimSpace(note)
	})
}

// Ask records what the enterprise was asked. An empty question is fault.Invalid. See decide for other errors.
func (b *Board) Ask(ctx context.Context, k Key, question string) error {
	if strings.TrimSpace(question) == "" {
		return fault.New(fault.Invalid, "请写明要问企业什么。", "Write what the enterprise is asked.")
	}
	return b.decide(ctx, "ask", k, question, func(r *Row) { r.State, r.Reason = Asked, strings.TrimSpace(question) })
}

// Dismiss records that a doubted value is right, and why. The finding comes back when the value changes. An empty
// reason is fault.Invalid. See decide for other errors.
func (b *Board) Dismiss(ctx context.Context, k Key, reason string) error {
	if strings.TrimSpace(reason) == "" {
		return fault.New(fault.Invalid, "请写明为什么这个值是对的。", "Write why the value is right.")
	}
	return b.decide(ctx, "dismiss", k, reason, func(r *Row) {
		r.State, r.Reason, r.ResolvedAt = Dismissed, strings.TrimSpace(reason), b.now()
	})
}

// Reopen undoes a decision. See decide for errors.
func (b *Board) Reopen(ctx context.Context, k Key) error {
	return b.decide(ctx, "reopen", k, "", func(r *Row) {
		r.State, r.Assignee, r.Reason, r.ResolvedAt = Open, "", "", time.Time{}
	})
}

// Saw returns the name of the finding in sight.Seen. The mark of it is Row.Mark.
func (k Key) Saw() string { return "finding:" + k.String() }

// Mark identifies the finding's value and the decision about it. It changes when one of them does.
func (r *Row) Mark() string {
	return fmt.Sprintf("%s.%d.%s", r.State, r.ChangedAt.UnixMilli(), strings.ReplaceAll(r.Value, "=", ""))
}

// Upon calls write in a transaction if everything in seen is as a person saw it; otherwise it returns fault.Conflict
// with a sight.Stale. It checks findings itself. The registry checks the rest; see registry.Registry.Upon.
func (b *Board) Upon(ctx context.Context, seen sight.Seen, write func(context.Context) error) error {
	rest := sight.Seen{}
	for thing := range seen {
		if text, ok := strings.CutPrefix(thing, "finding:"); ok {
			if k, ok := ParseKey(text); ok {
				if _, err := b.Found(ctx, k); err != nil {
					return err
				}
			}
		}
	}
	return b.base.Together(ctx, func(ctx context.Context) error {
		stale := &sight.Stale{Now: sight.Seen{}}
		var told pack.Text
		err := b.base.Read(passed(ctx), func(r Reader) error {
			for thing, mark := range seen {
				text, ok := strings.CutPrefix(thing, "finding:")
				if !ok {
					rest[thing], stale.Now[thing] = mark, mark
					continue
				}
				k, ok := ParseKey(text)
				if !ok {
					return errNoFinding()
				}
				row, err := r.Finding(ctx, k)
				if err != nil {
					return err
				}
				if row == nil {
					return errNoFinding()
				}
				if stale.Now[thing] = row.Mark(); stale.Now[thing] != mark {
					stale.Things, told = append(stale.Things, thing), changed(row, b.pack)
				}
			}
			return nil
		})
		switch {
		case err != nil:
			return err
		case stale.Things != nil:
			more := pack.Text{}
			if n := len(stale.Things); n > 1 {
				more = pack.Text{ZH: fmt.Sprintf("，另有 %d 项也变了", n-1), EN: fmt.Sprintf(", and %d more have changed", n-1)}
			}
			return fault.New(fault.Conflict, "您打开页面之后，别人已经处理过："+told.ZH+more.ZH+"。您的内容没有保存。",
				"Somebody else decided after you opened the page: "+told.EN+more.EN+". Your input was not saved.").Wrap(stale)
		case len(rest) > 0:
			return b.reg.Upon(ctx, rest, write)
		}
		return write(ctx)
	})
}

// stateWords are the states in words.
var stateWords = map[State]pack.Text{
	Open: {ZH: "待处理", EN: "open"}, Assigned: {ZH: "已转办", EN: "assigned"}, Asked: {ZH: "已问企业", EN: "asked"},
	Mended: {ZH: "已改正", EN: "mended"}, Dismissed: {ZH: "已认定无误", EN: "found to be right"},
}

// changed describes the current state of a finding.
func changed(r *Row, p *pack.Pack) pack.Text {
	w, when := stateWords[r.State], ""
	if !r.ChangedAt.IsZero() {
		when = r.ChangedAt.In(p.Zone).Format("2006-01-02 15:04")
	}
	return pack.Text{ZH: fmt.Sprintf("%s的一个值现在是“%s”%s %s", r.Name, w.ZH, r.Assignee, when), EN: fmt.Sprintf("a value of %s is now “%s” %s %s", r.Name, w.EN, r.Assignee, when)}
}

func (b *Board) now() time.Time { return b.clock().UTC().Truncate(time.Millisecond) }

// decide changes a finding and writes the operation log, in one transaction. It returns fault.Forbidden for an actor
// without the right, fault.Invalid for a text that is too long, and fault.NotFound for a finding that no longer exists
// or was mended.
func (b *Board) decide(ctx context.Context, what string, k Key, written string, change func(*Row)) error {
	if err := b.actors.Decide(ctx, auth.Settle, auth.Resource{ID: k.String()}); err != nil {
		return err
	}
	if n := len([]rune(written)); n > longest {
		return fault.New(fault.Invalid, fmt.Sprintf("写了 %d 个字，最多 %d 个字。", n, longest), fmt.Sprintf("The text has %d characters. At most %d are allowed.", n, longest))
	}
	if _, err := b.Found(ctx, k); err != nil {
		return err
	}
	actor := b.actors.Acting(ctx).ID
	return b.base.Write(ctx, func(w Writer) error {
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
		detail := map[string]any{"value": audit.Beside(row.Value), "from": from, "to": row.State, "reason": audit.Beside(row.Reason)}
		if row.Assignee != "" {
			detail["assignee"] = row.Assignee
		}
		e, err := audit.Entry{At: b.clock(), Actor: actor, Action: "finding." + what, Subject: "finding/" + k.String()}.WithDetail(detail)
		if err != nil {
			return err
		}
		return w.Log(ctx, e)
	})
}

func errNoFinding() error {
	return fault.New(fault.NotFound, "这个值已不再被怀疑，可能刚被改正。请刷新名单。", "This value is no longer doubted. It may have just been corrected. Reload the list.")
}

// Found returns a finding; fault.NotFound if there is none.
func (b *Board) Found(ctx context.Context, k Key) (row *Row, err error) {
	err = b.base.Read(passed(ctx), func(r Reader) error {
		row, err = r.Finding(ctx, k)
		if err == nil && row == nil {
			err = errNoFinding()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	shows, err := b.shows(ctx, row.Register)
	if err == nil && shows != nil && !shows(row.Key) {
		err = errNoFinding()
	}
	if err != nil {
		return nil, err
	}
	return row, nil
}

// String returns the key as it is written in addresses: 12.unit_slip.sales.2020.
func (k Key) String() string {
	return fmt.Sprintf("%d.%s.%s.%d", k.Subject, k.Rule, k.Attribute, k.Year)
}

// ParseKey reads a key that String wrote. ok is false for any other text.
func ParseKey(text string) (k Key, ok bool) {
	part := strings.Split(text, ".")
	if len(part) != 4 || part[1] == "" || part[2] == "" {
		return k, false
	}
	k.Rule, k.Attribute = part[1], part[2]
	n, err := fmt.Sscanf(part[0]+" "+part[3], "%d %d", &k.Subject, &k.Year)
	return k, err == nil && n == 2 && k.String() == text
}
