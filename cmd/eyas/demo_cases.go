package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/file"
	"eyas/internal/matter"
	"eyas/internal/matter/desk"
	"eyas/internal/pack"
	"eyas/internal/registry"
	"eyas/internal/registry/fact"
)

// demoDistrict is the district of the demonstration officers.
const demoDistrict = "120110"

// demoPaper is what the papers of demonstration cases are: a PDF of one empty page.
const demoPaper = "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\n" +
	"trailer<</Root 1 0 R>>\n%%EOF\n"

// demoCase is a demonstration case: what is done in it after it was filled in.
type demoCase struct {
	matter string
	acts   []matter.Act
}

// demoCases are the cases of the demonstration city, in several stages. The first one is a draft of the enterprise with an account.
var demoCases = []demoCase{
	{"tsme", nil},
	{"tsme", []matter.Act{{Do: matter.ActPass}}},
	{"tsme", []matter.Act{{Do: matter.ActPass}, {Do: matter.ActSupplement, Remarks: []matter.Remark{{Field: "main_product", Text: "示例：请写明主要产品的用途"}}}}},
	{"tsme", []matter.Act{{Do: matter.ActPass}, {Do: matter.ActPass, Note: "示例：材料齐全"}}},
	{"hnte", []matter.Act{{Do: matter.ActPass}}},
	{"hnte", []matter.Act{{Do: matter.ActPass}, {Do: matter.ActReturn, To: pack.ReturnApplicant, Note: "示例：专项审计报告缺页", Remarks: []matter.Remark{{Field: "audit", Text: "示例：缺第二页"}}}}},
	{"hnte", []matter.Act{{Do: matter.ActPass}, {Do: matter.ActPass}, {Do: matter.ActPass}}},
	{"hnte", []matter.Act{{Do: matter.ActPass}, {Do: matter.ActPass}, {Do: matter.ActPass}, {Do: matter.ActSuspend, Note: "示例：等税务部门核对研发费用"}}},
}

// seedCases begins the demonstration cases. They are begun before there are persons, by the machine's owner, who is everybody then.
func (a *app) seedCases(svc *registry.Registry) error {
	p, err := a.pack()
	if err != nil {
		return err
	}
	db, err := a.database()
	if err != nil {
		return err
	}
	files, err := a.files(db)
	if err != nil {
		return err
	}
	d, _, err := a.desk()
	if err != nil {
		return err
	}
	ctx := auth.As(a.ctx, auth.Local)
	has, err := d.CountBox(ctx, desk.Picked{Box: desk.BoxAll})
	if err != nil || has > 0 {
		return err // an interrupted filling that is taken up again has them
	}
	applicants, err := demoEnterprises(ctx, svc, len(demoCases))
	if err != nil {
		return err
	}
	for i, applicant := range applicants {
		x := demoCases[i]
		m := p.Matter(x.matter)
		if m == nil || m.Register != p.Registers[0].ID {
			continue
		}
		if err := seedCase(ctx, d, files, m, applicant.Subject, x.acts); err != nil {
			return fmt.Errorf("demonstration case %d of %s: %w", i+1, m.ID, err)
		}
	}
	return nil
}

// demoEnterprises are the first enterprises with a code, at most n: those of the district of the demonstration officers before others, so that
// what the first one files comes to them. The first one has the demonstration accounts.
func demoEnterprises(ctx context.Context, svc *registry.Registry, n int) (list []*fact.Profile, err error) {
	var others []*fact.Profile
	err = svc.EachProfile(ctx, "enterprise", 0, func(x *fact.Profile) error {
		in := x.Fact("district", 0)
		switch {
		case x.Code == "":
		case in != nil && in.Value.Str == demoDistrict:
			list = append(list, &fact.Profile{Subject: x.Subject, Code: x.Code})
		case len(others) < n:
			others = append(others, &fact.Profile{Subject: x.Subject, Code: x.Code})
		}
		if len(list) == n {
			return errFound
		}
		return nil
	})
	if errors.Is(err, errFound) {
		err = nil
	}
	list = append(list, others...)
	return list[:min(n, len(list))], err
}

// seedCase begins a case, fills it in where something is done in it, and does that.
func seedCase(ctx context.Context, d *desk.Desk, files *file.Store, m *pack.MatterType, subject int64, acts []matter.Act) error {
	done, err := d.Begin(ctx, m.ID, subject, nil, "")
	if err != nil {
		return err
	}
	if len(acts) == 0 {
		return nil
	}
	form := demoForm(m, done.Case.Form)
	for _, a := range m.Form.Attachments {
		note, err := json.Marshal(map[string]string{"attachment": a.ID})
		if err != nil {
			return err
		}
		link, err := files.Put(ctx, strings.NewReader(demoPaper), file.Link{Scope: file.Scope{Kind: "case", ID: fmt.Sprint(done.Case.ID)}, Name: "示例-" + a.Name.ZH + ".pdf", Type: file.TypeOf("a.pdf"), Actor: auth.Local, Note: note})
		if err != nil {
			return err
		}
		form.Files[a.ID] = []matter.File{{Name: link.Name, Hash: link.SHA256, Size: link.Size}}
	}
	for i, act := range acts {
		if i == 0 {
			act.Form = form
		}
		_, err := d.Act(ctx, done.Case.ID, act)
		if i == 0 && fault.Of(err) == fault.Invalid {
			return nil // what the register knows of the enterprise cannot be filed: it stays a draft, as it would for a person
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// demoForm fills in what a form lacks. Where nothing is known it fits the checks of every matter: all figures are the same.
func demoForm(m *pack.MatterType, f matter.Form) *matter.Form {
	value := func(x *pack.Field) string {
		switch {
		case len(x.Attr.Example) > 0 && x.Attr.Kind != pack.Integer:
			return x.Attr.Example
		case x.Attr.Kind == pack.Money:
			return "10万元"
		case x.Attr.Kind == pack.Date:
			return "2019-06-18"
		case x.Attr.Kind == pack.Integer, x.Attr.Kind == pack.Decimal:
			return "10"
		}
		return "示例"
	}
	out := &matter.Form{Values: map[string]string{}, Rows: map[string][]map[string]string{}, Files: map[string][]matter.File{}}
	for _, s := range m.Form.Sections {
		for _, x := range s.Fields {
			switch {
			case x.Rows != nil:
				row := map[string]string{}
				for _, y := range x.Rows.Fields {
					row[y.ID] = value(y)
				}
				out.Rows[x.ID] = []map[string]string{row}
			case f.Values[x.ID] == "":
				out.Values[x.ID] = value(x)
			}
		}
	}
	return out
}
