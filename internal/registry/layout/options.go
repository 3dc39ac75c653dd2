package layout

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
)

// Options say how files are understood.
type Options struct {
	Register  string            // register id, e.g. "enterprise"
	Year      int               // year of yearly columns that say none; 0: unknown
	Map       map[string]string // header → "attribute", "attribute@year" or "attribute@year/unit"; "-" keeps the column unused
	Units     map[string]string // header → unit of its amounts where nothing in the file says one, such as 万元
	Complete  []string          // boolean attributes for which a blank of this file (or a column it does not have) is a "no"
	Source    string            // id of the source of the pack that the file is from; empty: not said
	AsOf      string            // the day that the file speaks of, such as 2021-03-31; empty: not said, it speaks of all days
	Absent    []string          // yes/no attributes of which the file is the whole list: who is not in it has a "no"; those of the source when nil
	Partial   bool              // the file is not the whole list that files of its source are
	Lang      string            // language of the reasons in reports: "zh-CN" (default) or "en"
	Synthetic bool              // the rows were made by the demonstration generator
	Mends     int64             `json:",omitempty"` // the import whose refused rows the file brings back, as it was found in the file; 0: none
	// Preset are the state and the key of rows of a connector's file that has no column of them, by attribute. They are for reading only:
	// what is imported says them itself.
	Preset map[string]string `json:"-"`
	First  bool              `json:"-"` // the base must have no records yet, not even undone ones
}

// Checked gives a register and complete options, or says what is wrong with them.
func Checked(p *pack.Pack, opt Options) (*pack.Register, Options, error) {
	reg, err := RegisterOf(p, opt.Register)
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
	if err := completeSource(p, reg, &opt); err != nil {
		return nil, opt, err
	}
	view := View(reg, p.Source(opt.Source))
	for header, target := range opt.Map {
		id, _, _ := strings.Cut(target, "/") // the unit stands last
		if id, _, _ = strings.Cut(id, "@"); target != "-" && view.Attribute(id) == nil {
			return nil, opt, fault.New(fault.Invalid,
				fmt.Sprintf("列“%s”指向的属性“%s”不存在。", header, id),
				fmt.Sprintf("Column “%s” is mapped to the attribute “%s”, which does not exist.", header, id))
		}
	}
	return reg, opt, nil
}

// CheckSource says what is wrong with the source and the day that options name, if anything.
func CheckSource(p *pack.Pack, reg *pack.Register, opt Options) error {
	return completeSource(p, reg, &opt)
}

// completeSource completes what options say of the source of a file, or says what is wrong with it.
func completeSource(p *pack.Pack, reg *pack.Register, opt *Options) error {
	s := p.Source(opt.Source)
	if opt.Source != "" && (s == nil || !s.Of(reg.ID)) {
		var ids []string
		for _, x := range p.Sources {
			if x.Of(reg.ID) {
				ids = append(ids, x.ID)
			}
		}
		return fault.New(fault.Invalid,
			fmt.Sprintf("%s没有名为“%s”的来源；可用的有：%s。", reg.Name.ZH, opt.Source, strings.Join(ids, "、")),
			fmt.Sprintf("The register %s has no source “%s”; there is %s.", reg.ID, opt.Source, strings.Join(ids, ", ")))
	}
	if opt.AsOf != "" {
		if _, err := time.Parse(time.DateOnly, opt.AsOf); err != nil {
			return fault.New(fault.Invalid, fmt.Sprintf("数据日期的写法是 2021-03-31，给出的是“%s”。", opt.AsOf),
				fmt.Sprintf("The day that a file speaks of is written 2021-03-31, not “%s”.", opt.AsOf)).Wrap(err)
		}
	}
	switch {
	case opt.Partial:
		opt.Absent = nil
	case opt.Absent == nil && s != nil:
		opt.Absent = s.Absent
	}
	opt.Absent = slices.Compact(slices.Sorted(slices.Values(opt.Absent)))
	for _, id := range opt.Absent {
		if a := reg.Attribute(id); a == nil || a.Kind != pack.Boolean || a.Manual || a.Yearly {
			return fault.New(fault.Invalid,
				fmt.Sprintf("“%s”不能由完整名单认定：只有不由人工认定、不分年度的是否项可以。", id),
				fmt.Sprintf("A whole list cannot decide “%s”: only yes/no attributes that are neither manual findings nor yearly can be.", id))
		}
	}
	return nil
}

// AsOf is the day that a file speaks of; nil when it was not said.
func AsOf(opt Options) *int32 {
	t, err := time.Parse(time.DateOnly, opt.AsOf)
	if err != nil {
		return nil
	}
	day := fact.DayOf(t)
	return &day
}

// SameOrigin reports whether an import would be taken in under the options as it was.
func SameOrigin(i *fact.ImportRow, opt Options) bool {
	day := AsOf(opt)
	return i.Source == opt.Source && i.Whole == strings.Join(opt.Absent, ",") && (i.AsOf == nil) == (day == nil) && (day == nil || *i.AsOf == *day)
}

// View is the register by which files of a source are read.
func View(reg *pack.Register, s *pack.Source) *pack.Register {
	if s != nil && s.Items != nil {
		return s.Items.View
	}
	return reg
}

// RegisterOf finds a register of a pack.
func RegisterOf(p *pack.Pack, id string) (*pack.Register, error) {
	for _, r := range p.Registers {
		if r.ID == id {
			return r, nil
		}
	}
	return nil, fault.New(fault.Invalid, fmt.Sprintf("没有名为“%s”的库。", id), fmt.Sprintf("There is no register “%s”.", id))
}
