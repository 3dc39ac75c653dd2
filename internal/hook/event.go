package hook

import (
	"encoding/json"
	"slices"
	"time"

	"eyas/internal/pack"
)

// The types of messages.
const (
	SubjectChanged   = "subject.changed"
	ImportDone       = "import.done"
	ImportUndone     = "import.undone"
	QuestionAsked    = "question.asked"
	QuestionAnswered = "question.answered"
	CaseChanged      = "case.changed"
	Test             = "hook.test" // only sent on request
)

// Events are the types that a hook may ask for, in the order of pages.
var Events = []string{SubjectChanged, ImportDone, ImportUndone, QuestionAsked, QuestionAnswered, CaseChanged}

// Content is what a message tells beside its type.
type Content struct {
	Register  string  `json:"register,omitempty"`
	Subjects  []int64 `json:"subjects,omitempty"`
	Questions []int64 `json:"questions,omitempty"`
	Import    int64   `json:"import,omitempty"`
	Matter    string  `json:"matter,omitempty"`
	Cases     []int64 `json:"cases,omitempty"`
	More      bool    `json:"more,omitempty"` // more than are listed: read the list again
}

// SubjectNews is the data of subject.changed.
type SubjectNews struct {
	Register string  `json:"register"`
	Subjects []int64 `json:"subjects"` // numbers
	More     bool    `json:"more"`     // too many changed to be named: read the list again
}

// QuestionNews is the data of question.asked and question.answered: whether two records are about one subject.
type QuestionNews struct {
	Register  string  `json:"register"`
	Questions []int64 `json:"questions"` // numbers
	More      bool    `json:"more"`      // too many to be named: read the list again
}

// ImportNews is the data of import.done and import.undone.
type ImportNews struct {
	Register string `json:"register"`
	Import   int64  `json:"import"` // number
}

// CaseNews is the data of case.changed.
type CaseNews struct {
	Matter string  `json:"matter"`
	Cases  []int64 `json:"cases"` // numbers
	More   bool    `json:"more"`  // too many to be named: read the list again
}

// TestNews is the data of hook.test.
type TestNews struct {
	Hook int64 `json:"hook"` // number
}

// Documented is a type of messages, for the documents of the API.
type Documented struct {
	Type string
	Says pack.Text
	Data any
}

// Document lists all types of messages.
func Document() []Documented {
	return []Documented{
		{SubjectChanged, pack.Text{ZH: "一个库的主体有变化：值、来源、合并或撤销。只给编号；要知道变成什么，请再读取。一次太多时 more 为 true，请重新读取列表。", EN: "Subjects of a register have changed: a value, a source, a merge, or something taken back. Only their numbers are told; read them to learn more. When they are too many, more is true: read the list again."}, SubjectNews{}},
		{ImportDone, pack.Text{ZH: "一个文件已导入。", EN: "A file was imported."}, ImportNews{}},
		{ImportUndone, pack.Text{ZH: "一次文件导入已撤销。", EN: "The import of a file was taken back."}, ImportNews{}},
		{QuestionAsked, pack.Text{ZH: "有两个主体是否相同的新问题，或重新询问。", EN: "It is asked, or asked again, whether two subjects are the same."}, QuestionNews{}},
		{QuestionAnswered, pack.Text{ZH: "这样的问题已有回答，或不用再问。", EN: "Such a question was answered, or needs no answer any more."}, QuestionNews{}},
		{CaseChanged, pack.Text{ZH: "办件有进展：发起、办理、到期。只给编号，请再读取。", EN: "Something was done in cases: begun, acted in, or by the clock. Only their numbers are told; read them to learn more."}, CaseNews{}},
		{Test, pack.Text{ZH: "在页面上请求的测试。", EN: "A test that was asked for on the page."}, TestNews{}},
	}
}

// data is what the body of a message has as its data.
func data(hook int64, kind string, c Content) any {
	none := func(list []int64) []int64 {
		if list == nil {
			return []int64{}
		}
		return list
	}
	switch kind {
	case SubjectChanged:
		return SubjectNews{c.Register, none(c.Subjects), c.More}
	case QuestionAsked, QuestionAnswered:
		return QuestionNews{c.Register, none(c.Questions), c.More}
	case CaseChanged:
		return CaseNews{c.Matter, none(c.Cases), c.More}
	case ImportDone, ImportUndone:
		return ImportNews{c.Register, c.Import}
	}
	return TestNews{hook}
}

// body is a message as it is sent.
func body(hook int64, d *Delivery, c Content) ([]byte, error) {
	return json.Marshal(struct {
		Type      string `json:"type"`
		Timestamp string `json:"timestamp"`
		Data      any    `json:"data"`
	}{d.Type, d.At.UTC().Format(time.RFC3339), data(hook, d.Type, c)})
}

const (
	listed = 500 // ids in one message
	most   = 20  // messages about one change; of more it is only told that there are
)

// messages puts ids into messages of a type.
func messages(ids []int64, more bool, make func(part []int64, more bool) Content) (list []Content) {
	if more || len(ids) > listed*most {
		return []Content{make(nil, true)}
	}
	for part := range slices.Chunk(ids, listed) {
		list = append(list, make(part, false))
	}
	return list
}
