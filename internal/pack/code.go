package pack

import "slices"

// Kinds of codes that are no list of the pack but parts of its org tree: see Attribute.Codes.
const (
	DistrictCodes = "org"  // the districts
	ZoneCodes     = "zone" // the zones and parks
)

// OfOrgs reports whether the codes of an attribute are parts of the city.
func (a *Attribute) OfOrgs() bool { return a.Codes == DistrictCodes || a.Codes == ZoneCodes }

// CodeList finds a code list by its id; nil when there is none. The parts of the city are in no list.
func (p *Pack) CodeList(id string) *CodeList {
	if i := slices.IndexFunc(p.Codes, func(l *CodeList) bool { return l.ID == id }); i >= 0 {
		return p.Codes[i]
	}
	return nil
}

// CodeNames are the names of the codes that an attribute may hold, by code: those of its code list, or of all parts of the
// city. Empty for an attribute without codes. The map is made for each call.
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

// CodeName is the name of one code of an attribute; ok is false for a code that is in no list.
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

// IndustryAttribute is the attribute of a register whose codes are industries; nil where the register or the pack has none.
// Its codes stand below one another, and subjects are counted by the outermost ones.
func (p *Pack) IndustryAttribute(r *Register) *Attribute {
	if r == nil || p.Industries == "" {
		return nil
	}
	if i := slices.IndexFunc(r.Attributes, func(a *Attribute) bool { return a.Codes == p.Industries }); i >= 0 {
		return r.Attributes[i]
	}
	return nil
}
