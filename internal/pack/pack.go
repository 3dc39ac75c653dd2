// Package pack holds the definitions of a city as data: the org tree, registers with their attributes, code lists, and
// recognitions with their dated laws. Load reads and checks a folder of YAML. The package evaluates no rules and uses
// no database.
package pack

import (
	"strings"
	"time"
)

// Text is a text in both languages of the product.
type Text struct {
	ZH string `yaml:"zh" json:"zh"`
	EN string `yaml:"en" json:"en"`
}

// In returns the text in a language ("zh-CN", "en"). It is Chinese if there is no English.
func (t Text) In(lang string) string {
	if strings.HasPrefix(lang, "en") && t.EN != "" {
		return t.EN
	}
	return t.ZH
}

// Status tells how well a figure was checked against the official text.
type Status string

// The statuses. The README of the pack defines them exactly.
const (
	Verified Status = "verified" // read in the official publication, or in two independent public copies
	Quoted   Status = "quoted"   // read in one public copy or notice
	Modelled Status = "modelled" // no source was seen; chosen by this project
)

// Pack is a city, loaded and checked. It does not change after loading and is safe for concurrent use.
type Pack struct {
	ID          string
	Name        Text
	Fingerprint string // SHA-256 of all files; changes with any definition
	Zone        *time.Location
	Orgs        Orgs           // the city and its organisations
	Groups      []Group        // 板块: groups of districts that bulletins rank
	Places      Places         // names in addresses
	Registers   []*Register    // in the order of pack.yaml
	Industries  string         // id of the code list of industries; "" for none, see IndustryAttribute
	MainID      string         // main register in pack.yaml; "" if not given, see Main
	Words       Words          // words for understanding files
	Sources     []*Source      // where files come from
	Connectors  []*Connector   // other systems, by files; nil without connectors/
	Rankings    []*Ranking     // which source counts if sources disagree
	Codes       []*CodeList    // code lists that attributes refer to
	Rules       []*Rule        // recognitions in the order of the ladder
	Tests       []*Case        // tests of the rules
	Quality     []*QualityRule // rules for doubtful values; nil without quality.yaml
	Roles       []*Role        // roles of people; nil without roles.yaml
	Purposes    []*Purpose     // what personal data are unmasked for; nil without roles.yaml
	Retention   []*Retention   // how long what is kept of source records; nil without retention.yaml
	Matters     []*MatterType  // types of business; nil without matters/
	Calendar    []*Year        // holidays by year; nil without calendar/
	sources     map[string]string
}

// Org is a node of the org tree.
type Org struct {
	ID      string // GB/T 2260 code for the city and districts, else a short id
	Kind    string // city, district, zone or park
	Name    Text
	Short   Text   // such as 东丽
	Parent  string // id of the parent; "" for the city
	Status  Status
	Aliases []string // other spellings in files
	// From and Until are the first and the last day of the org; zero: no bound.
	From, Until time.Time
}

// Group is a set of districts that are ranked with each other.
type Group struct {
	ID      string
	Name    Text
	Members []string // org ids
}

// Kind is the type of an attribute's values.
type Kind string

// Kinds, and how values are held. Integer and decimal: numbers. Money: whole fen (or cents). Date: days since
// 1970-01-01. Boolean: yes/no. Code and text: text. List: text with items separated by "；".
const (
	Integer Kind = "integer"
	Decimal Kind = "decimal"
	Money   Kind = "money"
	Date    Kind = "date"
	Boolean Kind = "boolean"
	Code    Kind = "code"
	String  Kind = "text"
	List    Kind = "list"
)

// Numeric reports whether values are numbers: integer, decimal or money.
func (k Kind) Numeric() bool { return k == Integer || k == Decimal || k == Money }

// Attribute is a named, typed property of the subjects of a register.
type Attribute struct {
	ID       string
	Index    int // position in its register, from 0
	Name     Text
	Kind     Kind
	Unit     string      // yuan, usd, person, item, point; "" for none
	Yearly   bool        // it has a value per year
	Aliases  []string    // other headers of this attribute in files
	Codes    string      // id of the code list of a code attribute; "org": districts, "zone": zones and parks; "" for none
	Personal bool        // personal data, masked by default
	Class    Class       // how far it may be seen
	Manual   bool        // only a person can judge it
	Expert   bool        // points given by an expert
	Range    *[2]float64 // lowest and highest points of an expert
	Monthly  bool        // a date that may be given as a month; it is then the first day
	Max      int         // most characters of a text, list or code; 0: no limit
	Span     Span        // which date of a cell with two it is; "": such a cell cannot be read
	Required bool        // forms require it; files may leave it blank
	Own      bool        // the subject may state and change it
	Example  string      // a value as a person writes it, for templates; "" for none
	Note     Text        // meaning and form, for templates and forms
	Strict   bool        // a code of a connector's state: only the words that the connector knows are read
	YearText bool        // a text that is a year: 2020年度 is 2020
	Pos      Pos
}

// Span is one of the two dates in a cell such as 2019-11-28至2022-11-27.
type Span string

// Values of Span.
const (
	SpanStart Span = "start"
	SpanEnd   Span = "end"
)

// CodeList is a list of codes with names, optionally as a tree.
type CodeList struct {
	ID     string
	Name   Text
	Source string // the standard that it comes from
	Items  []CodeItem
}

// CodeItem is a code with its name. Parent is the code above it; "" for none.
type CodeItem struct {
	Code, Parent string
	Name         Text
}

// Law is the document that a rule follows in a period.
type Law struct {
	Title     string
	Number    string    // document number, such as 国科发政〔2017〕115号
	From      time.Time // first day in force; zero: start not known
	Until     time.Time // last day in force; zero: still in force
	Status    Status
	CheckedOn time.Time
	Note      Text
}

// Number is a figure in a rule that what-ifs can change. Its name is criterion.name, such as "staff.max", "score.pass"
// or "score.staff.p20" (the mark for 20 points).
type Number struct {
	Name           string
	Value          float64 // in the base unit: fen for money, a ratio for percent
	Text           string  // as in the pack: "2亿元", "30%"; for counts without the unit: "60"
	Unit           string  // money, percent, or the unit of the count (person, item, point, day, year); "" for none
	Label          Text
	Min, Max, Step float64 // slider limits in the base unit; Min == Max if the pack has none
	Pos            Pos
}

// Criterion is a requirement, as a CEL expression over attributes.
type Criterion struct {
	ID      string
	Name    Text
	Article string
	When    string // CEL
	Status  Status // "" means that of the law
	Note    Text
	Pos     Pos // of When
}

// Item is an item of a score. It has exactly one of: Of with Bands, BestOf, Items, Cases, or only Range.
type Item struct {
	ID      string // unique in the rule's score
	Name    Text
	Article string
	Of      string      // CEL: the number or ratio that Bands apply to
	Bands   []Band      // from the highest mark down; below the lowest mark 0 points
	BestOf  []*Item     // the best of these counts
	Items   []*Item     // the sum of these counts
	Cases   []ScoreCase // the first case that holds counts; while conditions are unknown, all cases that are possible
	Range   *[2]float64 // lowest and highest points that an expert may give
	Points  string      // attribute with an expert's points; they replace the band if they lie in it
	Max     *float64    // most points of the item; nil: no limit
	Pos     Pos
}

// Band gives the points from a mark on.
type Band struct {
	Number    string  // name of the Number with the mark
	Over      bool    // the value must be above the mark
	Low, High float64 // points; equal if an expert has no choice
}

// ScoreCase is a case of Item.Cases. The last one has an empty When.
type ScoreCase struct {
	When      string // CEL
	Low, High float64
	Pos       Pos
}

// Score is the scorecard of a rule. The total is the sum of its items.
type Score struct {
	Items []*Item
	Full  float64 // highest total
}

// Lever is something that an enterprise can change: attributes of the base year that change together by the same
// amount. The cost of a change is relative to the value.
type Lever struct {
	ID         string
	Name       Text
	Attributes []string
	Direction  int     // +1: upwards, −1: downwards
	Step       float64 // smallest change, in the base unit (fen for money)
	Scale      float64 // least value that costs are relative to, so that a start from zero has a finite cost
	AtMost     string  // attribute that limits the first one of Attributes; "" for none
	Times      float64 // a plan raises to at most so many times what there is, or Scale where that is more; 0: no bound
	Pos        Pos
}

// Rule is a recognition (or a scorecard) for one register, under one or more dated laws with the same figures.
type Rule struct {
	ID       string
	Name     Text
	Register string
	Laws     []Law
	Numbers  []*Number
	Criteria []*Criterion
	Score    *Score
	Levers   []*Lever
	// Certificate is what the recognition grants; nil if it grants none.
	Certificate *Certificate
	Summary     Text
	Pos         Pos
}

// Case is a test of the pack: a subject, a date and the expected result.
type Case struct {
	Name          string
	Rule          string
	Date          time.Time
	Given         map[string]string // "staff@2020", "registered_on" (yearly attributes always have a year) → value as in a file: "2亿元", "是", "2018-03-01"
	Verdict       string            // met, unmet or unknown; "": not tested
	Near, Pending *bool
	Criteria      map[string]string // id → met, unmet, unknown
	Score         *[2]float64       // lowest and highest total; nil: not tested
	Items         map[string][2]float64
	Pos           Pos
}
