package quality

import (
	"context"
	"fmt"
	"strings"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
)

// Correction is a value that a person enters in place of a doubted one. The doubted one stays in its record and is
// superseded.
type Correction struct {
	Register string
	Subject  int64
	Place    string // attribute and year: "sales@2020"; without @ if not yearly
	Text     string // as a person writes it: 5000万元; "" makes the value unknown
	Reason   string
}

// Corrector enters a correction and returns its import, which can be undone. It takes part in the transaction of the
// context.
type Corrector func(ctx context.Context, c Correction) (importID int64, err error)

// Accept corrects a finding with its offered value. lang is the language of the recorded reason. Without an offer the
// error is fault.Invalid. See Mend for other errors.
func (b *Board) Accept(ctx context.Context, k Key, lang string, enter Corrector) (importID int64, err error) {
	row, err := b.Found(ctx, k)
	if err != nil {
		return 0, err
	}
	if row.Offer == nil {
		return 0, fault.New(fault.Invalid, "这个值没有可以直接采用的改法，请填写正确的值。", "There is no suggested value. Enter the right value.")
	}
	text := ""
	if !row.Offer.Void {
		text = row.Offer.Value
		if a := b.attribute(k); a != nil && a.Kind == pack.Money {
			text += map[string]string{"yuan": "元", "usd": "美元"}[a.Unit]
		}
	}
	rule := b.pack.QualityRule(k.Rule)
	reason := pack.Text{ZH: "采用建议", EN: "suggestion taken"}.In(lang)
	if rule != nil {
		reason = rule.Name.In(lang) + pack.Text{ZH: "：", EN: ": "}.In(lang) + reason
	}
	return b.mend(ctx, row, text, reason, enter)
}

// Mend enters the right value of a finding, with the reason. An empty text makes the value unknown. An empty reason is
// fault.Invalid, and a finding that is resolved is fault.NotFound. An actor without the right is fault.Forbidden.
func (b *Board) Mend(ctx context.Context, k Key, text, reason string, enter Corrector) (importID int64, err error) {
	if strings.TrimSpace(reason) == "" {
		return 0, fault.New(fault.Invalid, "请写明依据，例如“已与企业核对年报”。", "Write what this is based on, such as “checked against the enterprise's statement”.")
	}
	row, err := b.Found(ctx, k)
	if err != nil {
		return 0, err
	}
	return b.mend(ctx, row, strings.TrimSpace(text), strings.TrimSpace(reason), enter)
}

func (b *Board) mend(ctx context.Context, row *Row, text, reason string, enter Corrector) (int64, error) {
	if err := b.actors.Decide(ctx, auth.Settle, auth.Resource{Register: row.Register, ID: row.Key.String()}); err != nil {
		return 0, err
	}
	if !row.ResolvedAt.IsZero() {
		return 0, errNoFinding()
	}
	place := row.Attribute
	if row.Year != 0 {
		place += fmt.Sprintf("@%d", row.Year)
	}
	var id int64
	err := b.base.Together(ctx, func(ctx context.Context) (err error) {
		id, err = enter(ctx, Correction{Register: row.Register, Subject: row.Subject, Place: place, Text: text, Reason: reason})
		if err != nil {
			return err
		}
		return b.decide(ctx, "mend", row.Key, reason, func(r *Row) { r.State, r.Reason, r.ResolvedAt = Mended, reason, b.now() })
	})
	if err != nil {
		return 0, err
	}
	return id, nil
}

// attribute returns the attribute of a finding; nil if the pack no longer has it.
func (b *Board) attribute(k Key) *pack.Attribute {
	rule := b.pack.QualityRule(k.Rule)
	for _, r := range b.pack.Registers {
		if rule != nil && r.ID == rule.Register {
			return r.Attribute(k.Attribute)
		}
	}
	return nil
}
