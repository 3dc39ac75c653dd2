package pack

import "slices"

// Values of Attribute.Codes for codes of the org tree instead of a code list.
const (
	DistrictCodes = "org"  // the districts
	ZoneCodes     = "zone" // the zones and parks
)

// OfOrgs reports whether the attribute's codes are ids of orgs.
func (a *Attribute) OfOrgs() bool { return a.Codes == DistrictCodes || a.Codes == ZoneCodes }

// CodeList returns a code list by id; nil if there is none. Orgs are in no code list.
func (p *Pack) CodeList(id string) *CodeList {
	if i := slices.IndexFunc(p.Codes, func(l *CodeList) bool { return l.ID == id }); i >= 0 {
		return p.Codes[i]
	}
	return nil
}

// CodeNames returns the names of the codes of an attribute: those of its code list, or of all orgs. It is empty for an
// attribute without codes. Each call makes a new map.
func (p *Pack) CodeNames(a *Attribute) map[string]Text {
	names := map[string]Text{}
	if a.OfOrgs() {
		for _, o := range p.Orgs {
			names[o.ID] = o.Name
		}
	} else if l := p.CodeList(a.Codes); l != nil {
		for _, item := range l.Items {
			names[item.Code] = item.Name
		}
	}
	return names
}

// CodeName returns the name of a code of an attribute. ok is false if the attribute's codes do not include it.
func (p *Pack) CodeName(a *Attribute, code string) (name Text, ok bool) {
	if a.OfOrgs() {
		if o := p.Orgs.ByID(code); o != nil {
			return o.Name, true
		}
	} else if l := p.CodeList(a.Codes); l != nil {
		if i := slices.IndexFunc(l.Items, func(x CodeItem) bool { return x.Code == code }); i >= 0 {
			return l.Items[i].Name, true
		}
	}
	return Text{}, false
}

// IndustryAttribute returns the attribute of a register with the industry; nil if the register or the pack has none. Its
// codes form a tree, and subjects are counted by the top codes.
func (p *Pack) IndustryAttribute(r *Register) *Attribute {
	if r == nil || p.Industries == "" {
		return nil
	}
	if i := slices.IndexFunc(r.Attributes, func(a *Attribute) bool { return a.Codes == p.Industries }); i >= 0 {
		return r.Attributes[i]
	}
	return nil
}
