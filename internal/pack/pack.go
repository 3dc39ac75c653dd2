// Package pack holds a city's definitions as data: the org tree, the registers and their
// attributes, code lists, and the recognitions with their dated laws. Load reads and checks a
// folder of YAML; nothing here evaluates a rule or touches a database.
package pack

import (
	"strings"
	"time"
)

// Text is a name in the two languages of the product.
type Text struct {
	ZH string `yaml:"zh" json:"zh"`
	EN string `yaml:"en" json:"en"`
}

// In gives the text in a language ("zh-CN", "en"), Chinese where English is missing.
func (t Text) In(lang string) string {
	if strings.HasPrefix(lang, "en") && t.EN != "" {
		return t.EN
	}
	return t.ZH
}

// Status says how far a figure was checked against the official text.
type Status string

// The three statuses; see the pack's README for their exact meaning.
const (
	Verified Status = "verified" // read in the published text, or in two independent public copies
	Quoted   Status = "quoted"   // read in one public copy or notice
	Modelled Status = "modelled" // not seen; set by this project
)

// Pack is one city, loaded and checked.
type Pack struct {
	ID          string
	Name        Text
	Fingerprint string // SHA-256 over all files: changes when any definition does
	Zone        *time.Location
	Orgs        Orgs           // the city and its parts
	Groups      []Group        // 板块: groups of districts by which bulletins rank
	Places      Places         // what the words of addresses say
	Registers   []*Register    // in the order in which they are listed
	Industries  string         // id of the code list of industries; empty for none: see IndustryAttribute
	MainID      string         // the main register as pack.yaml names it; empty where it does not: see Main
	Words       Words          // by which files are understood
	Sources     []*Source      // where files come from
	Rankings    []*Ranking     // whose word counts where sources disagree
	Codes       []*CodeList    // code lists that attributes refer to
	Rules       []*Rule        // recognitions in ladder order
	Tests       []*Case        // pack tests
	Quality     []*QualityRule // what is doubted about the registers' values; none where the pack has no quality.yaml
	sources     map[string]string
}

// Org is a node of the org tree.
type Org struct {
	ID      string // the GB/T 2260 code for city and districts, else a short id
	Kind    string // city, district, zone, park
	Name    Text
	Short   Text   // e.g. 东丽
	Parent  string // ID of the parent; empty for the city
	Status  Status
	Aliases []string // other spellings met in files
	// From and Until are the days between which there is the org; zero: always.
	From, Until time.Time
}

// Group is a set of districts that are ranked among themselves.
type Group struct {
	ID      string
	Name    Text
	Members []string // org IDs
}

// Kind is the type of an attribute's values.
type Kind string

// Kinds and how their values are held:
// integer and decimal as numbers; money as whole fen (or cents of its currency); date as days since
// 1970-01-01; boolean; code and text as text; list as text with its items separated by "；".
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

// Numeric reports whether values are numbers (integer, decimal, money).
func (k Kind) Numeric() bool { return k == Integer || k == Decimal || k == Money }

// Attribute is one named, typed property of a register's subjects.
type Attribute struct {
	ID       string
	Index    int // position in its register; stable within one loaded pack
	Name     Text
	Kind     Kind
	Unit     string      // yuan, usd, person, item, point; empty for none
	Yearly   bool        // one value a year
	Aliases  []string    // headers of import files that mean this attribute
	Codes    string      // ID of the code list, for kind code where there is one; "org" means districts, "zone" the zones and parks
	Personal bool        // masked by default
	Manual   bool        // a finding that only a person makes
	Expert   bool        // a manual score given by an expert
	Range    *[2]float64 // allowed values of an expert score
	Monthly  bool        // a date that may be given as a month, which is its first day
	Max      int         // characters of a text, list or code at most; 0: not said
	Span     Span        // which day of a cell with two it is; empty: such a cell cannot be read
	Required bool        // a form asks for it; a file may leave it blank all the same
	Own      bool        // the subject itself may state and change it
	Example  string      // a value as a person writes it, for templates; empty for none
	Note     Text        // what it is and how to write it, for templates and forms
	Pos      Pos
}

// Span says which day of a cell with two days (2019-11-28至2022-11-27) an attribute is.
type Span string

// The days of a span.
const (
	SpanStart Span = "start"
	SpanEnd   Span = "end"
)

// CodeList is a list of codes with names and an optional tree.
type CodeList struct {
	ID     string
	Name   Text
	Source string // the standard it is from
	Items  []CodeItem
}

// CodeItem is one code.
type CodeItem struct {
	Code, Parent string
	Name         Text
}

// Law is the document that a rule stands under between two dates.
type Law struct {
	Title     string
	Number    string    // document number, e.g. 国科发政〔2017〕115号
	From      time.Time // first day in force; zero: no known start
	Until     time.Time // last day in force; zero: still in force
	Status    Status
	CheckedOn time.Time
	Note      Text
}

// Number is a figure in a rule that the policy lab may move. Its name is criterion.name,
// e.g. "staff.max", "score.pass", "score.staff.p20" (the mark for 20 points).
type Number struct {
	Name           string
	Value          float64 // in the base unit: fen for money, a plain ratio for percent
	Text           string  // as the pack writes it: "2亿元", "30%"; for counts the bare figure, since Unit names the unit: "60"
	Unit           string  // money, percent, or the attribute unit (person, item, point, day, year); what the figure is counted in; empty for none
	Label          Text
	Min, Max, Step float64 // slider bounds in the base unit; Min == Max when the pack gives none
	Pos            Pos
}

// Criterion is one requirement: a CEL expression over attributes.
type Criterion struct {
	ID      string
	Name    Text
	Article string
	When    string // CEL
	Status  Status // empty: the law's
	Note    Text
	Pos     Pos // of When
}

// Item is one item of a score. Exactly one of Of+Bands, BestOf, Items, Cases, or nothing but Range is given.
type Item struct {
	ID      string // unique within the rule's score
	Name    Text
	Article string
	Of      string      // CEL: the number or ratio that is banded
	Bands   []Band      // from the highest mark down; below the last mark 0 points
	BestOf  []*Item     // the better of these
	Items   []*Item     // the sum of these
	Cases   []ScoreCase // the first case whose condition holds; unknown conditions leave the union
	Range   *[2]float64 // points an expert gives freely: [lowest, highest]
	Points  string      // the expert-score attribute which, given and inside the band, replaces the band
	Max     *float64    // cap on the item
	Pos     Pos
}

// Band gives points from a mark on.
type Band struct {
	Number    string  // name of the Number that is the mark
	Over      bool    // strictly above the mark
	Low, High float64 // points; equal when the band leaves nothing to an expert
}

// ScoreCase is one arm of Item.Cases. The last arm has an empty When: otherwise.
type ScoreCase struct {
	When      string // CEL
	Low, High float64
	Pos       Pos
}

// Score is the scorecard of a rule; the total is its items' sum.
type Score struct {
	Items []*Item
	Full  float64 // the highest total
}

// Lever is something an enterprise can change: attributes (of the base year) that move together by
// the same amount, with the cost of a step measured as relative change.
type Lever struct {
	ID         string
	Name       Text
	Attributes []string
	Direction  int     // +1 raise, -1 lower
	Step       float64 // smallest change, base unit (fen for money)
	Scale      float64 // least base for the relative change, so that a start from zero has a finite cost
	AtMost     string  // attribute that bounds the first attribute; empty for none
	Pos        Pos
}

// Rule is a recognition (or a scorecard) over one register, under one or more dated laws with the same figures.
type Rule struct {
	ID       string
	Name     Text
	Register string
	Laws     []Law
	Numbers  []*Number
	Criteria []*Criterion
	Score    *Score
	Levers   []*Lever
	// Certificate is what the recognition grants; nil: it is none that is granted, only a list or a finding.
	Certificate *Certificate
	Summary     Text
	Pos         Pos
}

// Case is one pack test: a subject, a date and what it must give.
type Case struct {
	Name          string
	Rule          string
	Date          time.Time
	Given         map[string]string // "staff@2020", "registered_on" (yearly attributes always with the year): written as in a file: "2亿元", "是", "2018-03-01"
	Verdict       string            // met, unmet, unknown; empty: not asserted
	Near, Pending *bool
	Criteria      map[string]string // id → met, unmet, unknown
	Score         *[2]float64       // lowest and highest total
	Items         map[string][2]float64
	Pos           Pos
}
