package api

import (
	"net/http"

	"eyas/internal/answer"
	"eyas/internal/auth"
	"eyas/internal/pack"
	"eyas/internal/web/frame"
)

// Room makes the room of the API.
func Room(f *frame.Frame, services Services) frame.Room {
	s := &room{Frame: f, Services: services}
	s.calls = everyCall(s)
	return frame.Room{
		Timeless: []string{DocsPath},
		Whole:    []string{DocsPath},
		Pages:    pages,
		Texts:    texts,
		Routes:   func(t *frame.Routes) { routes(s, t) },
	}
}

func routes(s *room, t *frame.Routes) {
	t.Page("GET "+DocsPath, s.showDocs)
	t.Open("GET /api/openapi.json", s.document(openAPI31))
	t.Open("GET /api/openapi-3.0.json", s.document(openAPI30))
	others := http.NewServeMux()
	for _, c := range s.calls {
		if c.table != nil {
			t.Data(c.pattern(), tablesRoom{s}.giveTable(c))
			continue
		}
		t.Data(c.pattern(), s.answer(c))
	}
	for _, path := range paths(s.calls) {
		others.HandleFunc(path, func(http.ResponseWriter, *http.Request) {})
	}
	t.Data(frame.APIPath, s.nothing(others))
}

// everyCall are the calls of the API, in the order of its page.
func everyCall(s *room) []*call {
	get := func(id, path string, name, says pack.Text, gives any, do func(*http.Request) (*answered, error), params ...param) *call {
		return &call{id: id, method: http.MethodGet, path: path, action: auth.See, name: name, says: says, params: params, gives: gives, do: do}
	}
	me := get("me", "/me", pack.Text{ZH: "令牌是谁的", EN: "Whose token it is"}, pack.Text{ZH: "以谁、以什么角色行事，令牌限于什么。", EN: "Who acts in which role, and to what the token is held."}, Me{}, s.callMe)
	me.action = ""
	list := get("listSubjects", "/registers/{register}/subjects", pack.Text{ZH: "列出一个库的主体", EN: "List the subjects of a register"},
		pack.Text{ZH: "筛选、排序和列与页面的列表相同，网址里的写法也相同：text=，c.数据项=值，b.数据项=yes|no，from.数据项=、to.数据项=，missing=数据项，in=区，v.资格=met|near|pending|unknown|unmet，only.资格=条件，sort=列 或 sort=-列，col=列（可多次）。分年度的数据项写年份，如 from.sales@2020=1000万元。个人信息不是列。",
			EN: "Filters, order and columns are those of the list on the pages, written as in its addresses: text=, c.ATTRIBUTE=VALUE, b.ATTRIBUTE=yes|no, from.ATTRIBUTE= and to.ATTRIBUTE=, missing=ATTRIBUTE, in=DISTRICT, v.RECOGNITION=met|near|pending|unknown|unmet, only.RECOGNITION=CRITERION, sort=COLUMN or sort=-COLUMN, col=COLUMN (may be repeated). Yearly attributes have their year: from.sales@2020=1000万元. Personal data are no columns."},
		List{}, s.callSubjects, inRegister, withLimit, withCursor, onDate, knownOn, inScope, assuming, optional("text", "string", "名称、代码、拼音首字母的一部分", "part of a name, a code, or initials in pinyin"),
		optional("sort", "string", "按哪一列排，前面加 - 为倒序", "the column to sort by, with - before it for the reverse"), several("col", "要哪些列", "the columns to give"), several("missing", "这一列空白", "columns that must be blank"), several("id", "只要这些主体", "these subjects only"))
	list.filters = true
	value := get("getValue", "/subjects/{subject}/values/{key}", pack.Text{ZH: "读取一个值", EN: "Read one value"}, pack.Text{ZH: "带 ETag，写入时放在 If-Match 里。", EN: "It has an ETag, which a write sends in If-Match."}, Value{}, s.callValue, inSubject, inKey)
	value.etag = true
	question := get("getQuestion", "/questions/{question}", pack.Text{ZH: "一个待确认的关联", EN: "One pair to confirm"}, pack.Text{ZH: "带 ETag，回答时放在 If-Match 里。", EN: "It has an ETag, which an answer sends in If-Match."}, Question{}, s.callQuestion, inQuestion)
	question.etag = true
	all := []*call{
		me,
		get("listRegisters", "/registers", pack.Text{ZH: "列出各库和数据项", EN: "List the registers with their attributes"}, pack.Text{ZH: "只列出令牌看得到的。", EN: "Those that the token sees."}, Registers{}, s.callRegisters),
		list,
		get("findSubjects", "/registers/{register}/find", pack.Text{ZH: "按代码或名称找主体", EN: "Find subjects by code or name"}, pack.Text{ZH: "身份证号不能写在网址里。", EN: "An identity number does not belong into an address."}, Found{}, s.callFind, inRegister,
			optional("q", "string", "统一社会信用代码、名称或名称的一部分", "credit code, name, or part of the name")),
		get("getProfile", "/subjects/{subject}/profile", pack.Text{ZH: "一个主体的每个值和来源", EN: "Every value of a subject with its source"}, pack.Text{ZH: "与 eyas profile --json 相同，个人信息按页面的规则遮盖。会记入“谁看过”。", EN: "As eyas profile --json gives it; personal data are masked as on the pages. It counts as a look at the subject."}, answer.Profile{}, s.callProfile, inSubject, onDate, knownOn),
		get("explain", "/subjects/{subject}/explanations/{rule}", pack.Text{ZH: "为什么符合或不符合", EN: "Why a recognition is met or not"}, pack.Text{ZH: "与 eyas explain --json 相同：逐条结论（met、unmet、unknown）、所用数值和来源、差距、最省的达标方案。", EN: "As eyas explain --json gives it: the verdict of each criterion (met, unmet, unknown), the values and their sources, gaps, and the cheapest plan."},
			answer.Explanation{}, s.callExplain, inSubject, inRule, onDate, knownOn, assuming),
		value,
		{id: "enterValue", method: http.MethodPut, path: "/subjects/{subject}/values/{key}", action: auth.Enter, name: pack.Text{ZH: "录入或更正一个值", EN: "Enter or correct one value"},
			says:   pack.Text{ZH: "If-Match 放读到的 ETag：期间被别人改过就不写（412），没有它就不收（428）。它成为一条来源记录，可以撤销；别的来源可能排在它前面，所以看 after。", EN: "If-Match has the ETag that was read: nothing is written when somebody has changed the value since (412), or without it (428). It becomes a source record, which can be taken back; another source may rank above it, which after tells."},
			params: []param{inSubject, inKey}, body: Entry{}, gives: Entered{}, etag: true, write: true, match: true, do: s.callEnter},
		get("listRules", "/rules", pack.Text{ZH: "列出资格和依据", EN: "List the recognitions and their laws"}, pack.Text{}, answer.Rules{}, s.callRules),
		get("getLadder", "/ladder", pack.Text{ZH: "各资格各有多少家", EN: "How many meet which recognition"}, pack.Text{ZH: "与梯度页相同的数。unknown 含 pending_manual，unmet 含 near。", EN: "The numbers of the ladder page. unknown has pending_manual in it, and unmet near."}, Ladder{}, s.callLadder,
			optional("register", "string", "哪个库，默认企业库", "the register; enterprises by default"), inPlace, inScope, onDate, knownOn, assuming),
		get("screen", "/rules/{rule}/screening", pack.Text{ZH: "按一个资格筛查", EN: "Screen for one recognition"}, pack.Text{}, Screen{}, s.callScreening, inRule, inPlace, inScope, onDate, knownOn, assuming),
		get("listImports", "/imports", pack.Text{ZH: "列出导入", EN: "List the imports"}, pack.Text{ZH: "最近的在前。只看得到一部分的角色只列出自己的；只限一个主体的令牌什么也不列。", EN: "The newest first. Roles that see a part have their own only; a token that is held to one subject has none."}, ImportList{}, s.callImports, optional("register", "string", "只要这个库的", "only into this register"), withLimit, withCursor),
		get("getImport", "/imports/{import}", pack.Text{ZH: "一次导入的结果", EN: "What one import did"}, pack.Text{}, ImportRecord{}, s.callImport, param{name: "import", in: "path", kind: "integer", says: pack.Text{ZH: "导入的编号", EN: "number of the import"}}),
		{id: "importFile", method: http.MethodPost, path: "/registers/{register}/imports", action: auth.Import, name: pack.Text{ZH: "导入一个文件", EN: "Import a file"},
			says: pack.Text{ZH: "内容就是 CSV、XLSX 或 XLS 文件，最大 64 MB。要么全部写入，要么什么都不写；同一文件再导入一次不会改变什么。dry_run=true 只说会怎样。", EN: "The content is the CSV, XLSX or XLS file itself, at most 64 MB. It is imported as a whole or not at all; the same file again changes nothing. dry_run=true says what would happen."},
			params: []param{inRegister, optional("name", "string", "文件名，必填", "name of the file; required"), optional("year", "integer", "没写年份的年度数据属于哪一年", "the year of yearly columns without one"), optional("source", "string", "来源，如 market", "the source, such as market"),
				optional("as_of", "string", "文件说的是哪一天", "the day that the file speaks of"), several("map", "指定一列：表头=数据项", "what a column means: HEADER=ATTRIBUTE"), several("unit", "金额的单位：表头=万元", "the unit of amounts: HEADER=万元"),
				several("complete", "文件对这些是否项是完整名单", "yes/no attributes for which the file is complete"), several("absent", "不在文件里即“否”的是否项", "yes/no attributes of which it is the whole list"), optional("partial", "boolean", "来源通常是完整名单，这份不是", "it is not the whole list that files of its source usually are")},
			file: true, gives: ImportDone{}, write: true, do: s.callFile},
		{id: "undoImport", method: http.MethodPost, path: "/imports/{import}/undo", action: auth.Undo, name: pack.Text{ZH: "撤销一次导入", EN: "Take an import back"},
			says:   pack.Text{ZH: "等做完才回答。已撤销的不会再变。dry_run=true 只说是哪一次导入。", EN: "It is answered when it is done. One that was taken back before stays as it is. dry_run=true only says which import it is."},
			params: []param{{name: "import", in: "path", kind: "integer", says: pack.Text{ZH: "导入的编号", EN: "number of the import"}}}, gives: ImportUndone{}, write: true, do: s.callUndo},
		get("listQuestions", "/registers/{register}/questions", pack.Text{ZH: "列出待确认的关联", EN: "List the pairs to confirm"}, pack.Text{ZH: "两个主体是不是同一个；最可能的在前。", EN: "Whether two subjects are the same; the likeliest first."}, Questions{}, s.callQuestions, inRegister,
			optional("state", "string", "open（默认）、later、same、different 或 moot", "open (by default), later, same, different or moot"), withLimit, withCursor),
		question,
		{id: "answerQuestion", method: http.MethodPut, path: "/questions/{question}/answer", action: auth.Link, name: pack.Text{ZH: "回答一个问题", EN: "Answer a question"},
			says:   pack.Text{ZH: "same 合并两个主体，different 使它们永远分开，later 以后再说，open 重新询问，并撤销先前的合并。If-Match 放读到的 ETag。", EN: "same merges the two subjects, different keeps them apart for good, later puts it aside, open asks it again and takes an earlier merge back. If-Match has the ETag that was read."},
			params: []param{inQuestion}, body: Decision{}, gives: Decided{}, etag: true, write: true, match: true, do: s.callAnswer},
		get("listJobs", "/jobs", pack.Text{ZH: "列出后台工作", EN: "List the work in the background"}, pack.Text{ZH: "最近的在前，最多 100 项。限于一个库或一个主体的令牌什么也不列。", EN: "The newest first, at most 100. A token that is held to a register or a subject has none."}, Jobs{}, s.callJobs),
		get("getJob", "/jobs/{job}", pack.Text{ZH: "一项后台工作", EN: "One piece of work"}, pack.Text{}, Job{}, s.callJob, param{name: "job", in: "path", kind: "string", says: pack.Text{ZH: "后台工作的编号", EN: "id of the work"}}),
		get("listFindings", "/registers/{register}/findings", pack.Text{ZH: "列出可疑的值", EN: "List the doubted values"}, pack.Text{ZH: "最近查出的在前。", EN: "Those found last come first."}, Findings{}, s.callFindings, inRegister, several("rule", "只要这些质量规则的", "only by these quality rules"),
			several("state", "只要这些状态的", "only in these states"), optional("subject", "integer", "只要这个主体的", "only of this subject"), withLimit, withCursor),
	}
	all = append(all, tablesRoom{s}.tableCall(list))
	all = append(all, casesRoom{s}.caseCalls()...)
	return append(all, hooksRoom{s}.hookCalls()...)
}
