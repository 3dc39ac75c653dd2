package intake

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/layout"
)

// finder finds the subjects of a register with some name keys.
type finder func(ctx context.Context, register string, keys []string) ([]fact.SubjectRow, error)

// mendCodes says, of codes that are wrong, which code the base has for the name in the same row, when exactly one subject has that
// name and its code is in order. It changes the reasons only: what is written stays as it came.
func mendCodes(ctx context.Context, find finder, reg *pack.Register, lang string, issues []layout.Issue) error {
	var keys []string
	for i := range issues {
		if x := &issues[i]; x.Code != "" && x.Named != "" {
			keys = append(keys, x.Named)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	slices.Sort(keys)
	rows, err := find(ctx, reg.ID, slices.Compact(keys))
	if err != nil {
		return fmt.Errorf("registry: names of wrong codes: %w", err)
	}
	known := map[string][]string{} // name → codes in order
	limit := limitOf(ctx)
	for i := range rows {
		s := &rows[i]
		if limit != nil {
			if held, err := limit.Holds(ctx, s.Subject); err != nil || !held {
				continue // of subjects of other organisations nothing is told
			}
		}
		if s.Code == "" || s.Gone || reg.Scheme() == pack.USCC && (len(s.Code) != 18 || cell.CheckCharacter(s.Code) != s.Code[17]) {
			continue
		}
		known[s.NameKey] = append(known[s.NameKey], s.Code)
	}
	for i := range issues {
		x := &issues[i]
		codes := known[x.Named]
		if x.Code == "" || len(codes) != 1 || codes[0] == x.Code {
			continue
		}
		zh, en := "请核对后改好。", "Check and mend it."
		if _, state := cell.USCC([]byte(x.Code), nil); reg.Scheme() == pack.USCC && state == cell.BadCheck { // used as it is
			zh = "请核对；不改，这一行就算另一" + strings.TrimPrefix(reg.Which().ZH, "哪") + "。"
			en = "Check it: left as it is, the row counts for another " + reg.Kind().EN + "."
		}
		x.Readings = []string{codes[0]}
		x.Text = pack.Text{
			ZH: fmt.Sprintf("这个代码不对。底库里同名的%s代码是 %s，多半是它。%s", reg.Kind().ZH, codes[0], zh),
			EN: fmt.Sprintf("This code is wrong. The %s of this name in the base has the code %s, which is probably meant. %s", reg.Kind().EN, codes[0], en),
		}
		x.Reason = x.Text.In(lang)
	}
	return nil
}
