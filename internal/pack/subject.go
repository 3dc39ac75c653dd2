package pack

// Scheme is the form of a register's codes.
type Scheme string

// The schemes.
const (
	USCC  Scheme = "uscc"  // unified social credit codes (GB 32100-2015) with their check character; the default
	Plain Scheme = "plain" // numbers of unknown form, which cannot be checked
)

// KeySeparator separates the parts of a subject's name key: the name, then the values of ApartAttrs.
const KeySeparator = "|"

// Register is a kind of subject: its attributes, what identifies a subject, how it is shown, and its relations.
type Register struct {
	ID         string
	Name       Text   // name of the register: 企业库
	One        Text   // name of one subject: 企业; see Kind
	Measure    string // measure word of One: 家; "" means 个
	Status     Status // how well the list of attributes was checked; "" if attributes state it themselves
	Note       Text
	Attributes []*Attribute
	CodeAttr   string // attribute that identifies a subject; "" if subjects have no code
	CodeScheme Scheme // "" means USCC
	NameAttr   string // attribute with the subject's name
	BeginsAttr string // date attribute with the first day of a subject, which is not counted before; "" for none
	// ApartAttrs are the attributes that distinguish subjects with the same name and no code, such as the organisation
	// of a person.
	ApartAttrs []string
	Listed     []string // attributes that a list shows by default; empty: not chosen
	Filtered   []string // attributes that lists offer as filters
	Sections   []Section
	Relations  []*Relation
	// BelongsBy is the relation to the subject that a subject belongs to: it lies where that one lies while its own district is
	// not known, and that one sees it. "" for none.
	BelongsBy string
	// Certificates are those that its subjects can have: of recognitions that name the attributes for them, and others.
	Certificates []*Certificate
	// Connector is whose files are read by this view of a register; nil for the register itself.
	Connector    *Connector
	Pos          Pos
	byID         map[string]*Attribute
	confidential bool
}

// Confidential reports whether subjects of the register can have personal data of the highest class, which are encrypted at
// rest. It says the same of a register without some attributes.
func (r *Register) Confidential() bool { return r.confidential }

// Section is a part of a register's forms and pages.
type Section struct {
	ID         string
	Name       Text
	Attributes []string
}

// Relation means that subjects of one register name subjects of others.
type Relation struct {
	ID        string
	Name      Text     // seen from the subject that names: 入驻载体
	Back      Text     // seen from the subject that is named: 在驻企业
	From      string   // register of the subjects that name
	To        []string // registers of the subjects that are named
	CodeAttr  string   // attribute of From with the code of the other; "" for none
	NameAttr  string   // attribute of From with the name of the other, a list if there may be several; "" for none
	FromAttr  string   // attribute of From with the first day; "" for none
	UntilAttr string   // attribute of From with the last day; "" for none
	Pos       Pos
}

// Attribute returns an attribute by id; nil if there is none.
func (r *Register) Attribute(id string) *Attribute {
	if r.byID == nil {
		m := make(map[string]*Attribute, len(r.Attributes))
		for _, a := range r.Attributes {
			m[a.ID] = a
		}
		r.byID = m
	}
	return r.byID[id]
}

// Code returns the attribute that identifies a subject; nil if subjects have no code.
func (r *Register) Code() *Attribute { return r.Attribute(r.CodeAttr) }

// Title returns the attribute with the subject's name.
func (r *Register) Title() *Attribute { return r.Attribute(r.NameAttr) }

// Scheme returns the form of the register's codes.
func (r *Register) Scheme() Scheme {
	if r.CodeScheme == "" {
		return USCC
	}
	return r.CodeScheme
}

// Kind returns the name of one subject in a sentence: 企业, enterprise.
func (r *Register) Kind() Text {
	if r.One.ZH == "" {
		return Text{ZH: "主体", EN: "subject"}
	}
	return r.One
}

// Which returns the question for one subject in a sentence: 哪家企业, which enterprise.
func (r *Register) Which() Text {
	one, measure := r.Kind(), r.Measure
	if measure == "" {
		measure = "个"
	}
	return Text{ZH: "哪" + measure + one.ZH, EN: "which " + one.EN}
}

// Register returns a register by id; nil if there is none.
func (p *Pack) Register(id string) *Register {
	for _, r := range p.Registers {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// Main returns the main register: the one that pack.yaml calls main, else the one that all rules are about, else the
// only one. Pages open with it, and commands use it if none is named. It is nil only in a pack without registers.
func (p *Pack) Main() *Register {
	if p.MainID != "" {
		return p.Register(p.MainID)
	}
	about := ""
	for _, r := range p.Rules {
		if about != "" && r.Register != about {
			return nil
		}
		about = r.Register
	}
	switch {
	case about != "":
		return p.Register(about)
	case len(p.Registers) == 1:
		return p.Registers[0]
	}
	return nil
}

// RelationsTo returns the relations whose target is a register, in the order of the registers that they come from.
func (p *Pack) RelationsTo(register string) (list []*Relation) {
	for _, r := range p.Registers {
		for _, x := range r.Relations {
			for _, to := range x.To {
				if to == register {
					list = append(list, x)
					break
				}
			}
		}
	}
	return list
}
