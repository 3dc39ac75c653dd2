package answer

import (
	"eyas/internal/audit"
	"eyas/internal/pack"
	"eyas/internal/quality"
	"eyas/internal/rule"
)

// Screened is the number of enterprises in each result of a recognition.
type Screened struct {
	Rule     string `json:"rule"`
	Date     string `json:"date"`
	BaseYear int    `json:"base_year"`
	rule.Count
	Seconds float64  `json:"seconds"`
	Assumed []string `json:"assumed,omitempty"`
}

// Doubted counts the findings of the quality rules, by rule, source, sender and district.
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

// Verified is the result of comparing a base with its operation log. The names of the first four fields never change.
type Verified struct {
	OK       bool            `json:"ok"`
	Entries  int64           `json:"entries"` // number of entries, from the first on, that match their hashes
	Head     string          `json:"head"`
	Broken   *int64          `json:"broken,omitempty"` // number of the first entry that does not match
	Noted    string          `json:"note"`             // what to keep for --head
	Unsealed int64           `json:"unsealed"`         // entries that are committed and not sealed yet
	Hash     string          `json:"hash"`             // hash function that seals the log: sha256 or sm3
	From     int64           `json:"proven_from"`      // the entry from which on the rows are proven; 0: none yet
	Records  int64           `json:"records"`
	Rows     int64           `json:"rows"` // rows of other tables
	Profiles int             `json:"profiles"`
	Unsure   int             `json:"profiles_unsure,omitempty"` // profiles that differ, but were derived with another pack
	Found    int             `json:"found"`                     // number of all problems
	Problems []audit.Problem `json:"problems"`
}

// Proven is the result of checking a proof that was taken from the log.
type Proven struct {
	OK       bool                 `json:"ok"`
	Hash     string               `json:"hash"`
	Head     string               `json:"head"`
	Earlier  string               `json:"earlier,omitempty"`
	Entry    *audit.EvidenceEntry `json:"entry,omitempty"`
	Compared bool                 `json:"compared"` // with a head that was noted
}

// Checked is the result of reading the whole base for damage.
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
	Uploads int              `json:"uploads"` // number of uploaded files in the backup
	Seconds float64          `json:"seconds"`
}

// Restored describes a base that was restored from a backup.
type Restored struct {
	DB      string           `json:"db"`
	Base    string           `json:"base"` // the new identity
	From    string           `json:"from"` // the identity of the base that was backed up
	At      string           `json:"backup_at"`
	SHA256  string           `json:"sha256"`
	Counts  map[string]int64 `json:"counts"`
	Uploads int              `json:"uploads"`
	Aside   string           `json:"aside,omitempty"` // where the earlier base of this name is now
	Seconds float64          `json:"seconds"`
}

// Renewed describes a base that has started a new history.
type Renewed struct {
	Base string `json:"base"`
	From string `json:"from"`
}

// Rederived is the number of profiles that changed when all were derived again.
type Rederived struct {
	Changed int     `json:"changed"`
	Seconds float64 `json:"seconds"`
}

// PackChecked is the result of loading a pack.
type PackChecked struct {
	OK     bool        `json:"ok"`
	Errors []PackFault `json:"errors"`
}

// PackFault is a fault of a pack with its position.
type PackFault struct {
	pack.Pos
	Text string `json:"text"`
}

// PackTested is the result of running the cases of a pack.
type PackTested struct {
	Passed  int          `json:"passed"`
	Failed  int          `json:"failed"`
	Cases   []PackCase   `json:"cases"`
	Matters []PackMatter `json:"matters"`
}

// PackCase is the result of one case.
type PackCase struct {
	Name  string   `json:"name"`
	OK    bool     `json:"ok"`
	Wrong []string `json:"wrong,omitempty"`
}

// Version is the version of the program and the platform that it was built for.
type Version struct {
	Version string `json:"version"`
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
}

// PackMatter is what came of a case of a matter that was driven from its form to its end.
type PackMatter struct {
	Matter string   `json:"matter"`
	OK     bool     `json:"ok"`
	Stages []string `json:"stages"` // in the order in which it came to them
	End    string   `json:"end"`
	Wrong  string   `json:"wrong,omitempty"`
}
