package pack

// Scheme says how the codes of a register are read.
type Scheme string

// The schemes of codes.
const (
	USCC  Scheme = "uscc"  // unified social credit codes (GB 32100-2015), with their check character; the usual one
	Plain Scheme = "plain" // numbers that somebody gave out: no form is known and nothing can be checked
)

// KeySeparator stands between the name and what tells subjects of one name apart in the key of a subject's name.
const KeySeparator = "|"

// Register is a kind of subject: its attributes, what tells one subject from another, how it is shown, and whom its
// subjects name.
type Register struct {
	ID         string
	Name       Text   // of the register: 企业库
	One        Text   // of one subject: 企业; see Kind
	Measure    string // the measure word before One: 家; empty: 个
	Status     Status // how far the list of attributes was checked; empty where the attributes say it themselves
	Note       Text
	Attributes []*Attribute
	CodeAttr   string // the attribute whose value identifies a subject; empty where subjects have none
	CodeScheme Scheme // how it is read; empty: USCC
	NameAttr   string // the attribute that names a subject
	BeginsAttr string // the date from which there is the subject: it is not counted before; empty where none is known
	// ApartAttrs are the attributes that tell subjects of one name apart where they have no code, such as the unit of a person.
	ApartAttrs []string
	Listed     []string // attributes that a list shows unless others are asked for; empty: no choice was made
	Filtered   []string // attributes by which lists offer to filter
	Sections   []Section
	Relations  []*Relation
	// Certificates are those that its subjects have: of the recognitions that say in which attributes they are kept, and others.
	Certificates []*Certificate
	Pos          Pos
	byID         map[string]*Attribute
}

// Section is a part of a register's forms and pages.
type Section struct {
	ID         string
	Name       Text
	Attributes []string
}

// Relation says that subjects of one register name subjects of others.
type Relation struct {
	ID        string
	Name      Text     // from the one that names: 入驻载体
	Back      Text     // from the one that is named: 在驻企业
	From      string   // the register whose records name
	To        []string // the registers of those that are named
	CodeAttr  string   // attribute of From with their code; empty for none
	NameAttr  string   // attribute of From with their name; of kind list where there may be several; empty for none
	FromAttr  string   // date from which it holds; empty: not said
	UntilAttr string   // last date on which it holds; empty: not said
	Pos       Pos
}

// Attribute finds an attribute by id; nil when there is none.
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

// Code is the attribute that identifies a subject; nil where subjects have no code.
func (r *Register) Code() *Attribute { return r.Attribute(r.CodeAttr) }

// Title is the attribute that names a subject.
func (r *Register) Title() *Attribute { return r.Attribute(r.NameAttr) }

// Scheme says how the register's codes are read.
func (r *Register) Scheme() Scheme {
	if r.CodeScheme == "" {
		return USCC
	}
	return r.CodeScheme
}

// Kind is what one subject is called in a sentence: 企业, enterprise.
func (r *Register) Kind() Text {
	if r.One.ZH == "" {
		return Text{ZH: "主体", EN: "subject"}
	}
	return r.One
}

// Which asks for one subject in a sentence: 哪家企业, which enterprise.
func (r *Register) Which() Text {
	one, measure := r.Kind(), r.Measure
	if measure == "" {
		measure = "个"
	}
	return Text{ZH: "哪" + measure + one.ZH, EN: "which " + one.EN}
}

// Register finds a register by id; nil when there is none.
func (p *Pack) Register(id string) *Register {
	for _, r := range p.Registers {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// Main is the register that pages open with, and that commands are about where none is named: the one that pack.yaml calls
// main, else the one that all rules are about, else the only one. A pack that was loaded has one; nil where a pack says none.
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

// RelationsTo gives the relations by which subjects of a register are named, in the order of the registers that name.
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
