package answer

import (
	"eyas/internal/audit"
	"eyas/internal/pack"
	"eyas/internal/quality"
	"eyas/internal/rule"
)

// Screened is how many enterprises a recognition finds.
type Screened struct {
	Rule     string `json:"rule"`
	Date     string `json:"date"`
	BaseYear int    `json:"base_year"`
	rule.Count
	Seconds float64  `json:"seconds"`
	Assumed []string `json:"assumed,omitempty"`
}

// Doubted is how many values the quality rules doubt, by what and where.
type Doubted struct {
	Date       string          `json:"date"`
	Subjects   int             `json:"subjects"`
	Findings   int             `json:"findings"`
	ByRule     []quality.Count `json:"by_rule"`
	BySource   []quality.Count `json:"by_source"`
	BySender   []quality.Count `json:"by_sender"`
	ByDistrict []quality.Count `json:"by_district"`
	Seconds    float64         `json:"seconds"`
}

// Verified is what holding the base against its log came to. The first four stay as they are.
type Verified struct {
	OK       bool            `json:"ok"`
	Entries  int64           `json:"entries"` // that fit, from the first on
	Head     string          `json:"head"`
	Broken   *int64          `json:"broken,omitempty"` // the first entry that does not fit
	Noted    string          `json:"note"`             // what to keep for --head
	Unsealed int64           `json:"unsealed"`         // entries that are committed and not sealed yet
	Hash     string          `json:"hash"`             // by which the log is sealed: sha256 or sm3
	From     int64           `json:"proven_from"`      // the entry from which on what stands is proven; 0: not yet
	Records  int64           `json:"records"`
	Rows     int64           `json:"rows"` // other rows
	Profiles int             `json:"profiles"`
	Unsure   int             `json:"profiles_unsure,omitempty"` // come out otherwise, but the pack is another since they were derived
	Found    int             `json:"found"`                     // problems, all of them
	Problems []audit.Problem `json:"problems"`
}

// Checked is what reading the whole base for damage came to.
type Checked struct {
	OK       bool     `json:"ok"`
	Problems []Damage `json:"problems"`
	Seconds  float64  `json:"seconds"`
}

// Damage is one problem.
type Damage struct {
	Kind     string `json:"kind"`
	Sentence string `json:"sentence"`
	Detail   string `json:"detail"` // in English
}

// BackedUp is a backup.
type BackedUp struct {
	File    string           `json:"file"`
	SHA256  string           `json:"sha256"`
	Base    string           `json:"base"`
	Entries int64            `json:"log_entries"`
	Head    string           `json:"log_head"`
	Counts  map[string]int64 `json:"counts"`
	Uploads int              `json:"uploads"` // files beside the base
	Seconds float64          `json:"seconds"`
}

// Restored is a base that was made of a backup.
type Restored struct {
	DB      string           `json:"db"`
	Base    string           `json:"base"` // the new identity
	From    string           `json:"from"` // that of the base that was backed up
	At      string           `json:"backup_at"`
	SHA256  string           `json:"sha256"`
	Counts  map[string]int64 `json:"counts"`
	Uploads int              `json:"uploads"`
	Aside   string           `json:"aside,omitempty"` // where the base is that stood there
	Seconds float64          `json:"seconds"`
}

// Renewed is a base that began a new history.
type Renewed struct {
	Base string `json:"base"`
	From string `json:"from"`
}

// Rederived is how many profiles changed when all were derived again.
type Rederived struct {
	Changed int     `json:"changed"`
	Seconds float64 `json:"seconds"`
}

// PackChecked is what loading a pack came to.
type PackChecked struct {
	OK     bool        `json:"ok"`
	Errors []PackFault `json:"errors"`
}

// PackFault is a fault of a pack and where it stands.
type PackFault struct {
	pack.Pos
	Text string `json:"text"`
}

// PackTested is what the cases of a pack came to.
type PackTested struct {
	Passed int        `json:"passed"`
	Failed int        `json:"failed"`
	Cases  []PackCase `json:"cases"`
}

// PackCase is one of them.
type PackCase struct {
	Name  string   `json:"name"`
	OK    bool     `json:"ok"`
	Wrong []string `json:"wrong,omitempty"`
}

// Version is which program this is, and what it was built for.
type Version struct {
	Version string `json:"version"`
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
}
