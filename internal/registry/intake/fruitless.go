package intake

import (
	"fmt"
	"slices"
	"strings"

	"eyas/internal/pack"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/layout"
)

// fit counts the rows of things that have an effect on the facts of their subject, and notes samples of the values in the
// other rows.
func (in *converter) fit(facts []fact.Fact) {
	if derive.Follows(in.Source, facts, func(text string) {
		if len(in.kinds) < 3 && text != "" && !slices.Contains(in.kinds, text) {
			in.kinds = append(in.kinds, layout.Cut(text, 40))
		}
	}) {
		in.fits++
	}
}

// fruitless returns the warning that no row of a list of things has any effect.
func (in *converter) fruitless() *layout.Issue {
	if in.Source == nil || in.Source.Items == nil || in.fits > 0 || in.rows == in.refused {
		return nil
	}
	name := in.Source.Items.Name
	seen := strings.Join(in.kinds, "、")
	if seen == "" {
		seen = "—"
	}
	text := pack.Text{
		ZH: fmt.Sprintf("这份名单的 %d 行里没有一行认得出是哪种%s（看到的：%s），没有企业因此得到%s。请补上“种类”一列，或在标题里写明，再导入。", in.rows-in.refused, name.ZH, seen, name.ZH),
		EN: fmt.Sprintf("The kind of %s was not understood in any of the %d rows of this list (found: %s), so the list has no effect. Add a column with the kind, or write it into the title, and import the list again.", strings.ToLower(name.EN), in.rows-in.refused, seen),
	}
	return &layout.Issue{Scope: "row", Reason: text.ZH, Text: text}
}
