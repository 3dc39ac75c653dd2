package api

import "eyas/internal/pack"

// param is a parameter of an address.
type param struct {
	name, in string // in: path or query
	kind     string // of JSON: string, integer, boolean
	many     bool
	says     pack.Text
}

// Parameters that several calls have.
var (
	inRegister = param{name: "register", in: "path", kind: "string", says: pack.Text{ZH: "库的 id，如 enterprise", EN: "id of a register, such as enterprise"}}
	inSubject  = param{name: "subject", in: "path", kind: "integer", says: pack.Text{ZH: "主体的编号", EN: "number of the subject"}}
	inRule     = param{name: "rule", in: "path", kind: "string", says: pack.Text{ZH: "资格的 id，如 hnte", EN: "id of the recognition, such as hnte"}}
	inQuestion = param{name: "question", in: "path", kind: "integer", says: pack.Text{ZH: "问题的编号", EN: "number of the question"}}
	inKey      = param{name: "key", in: "path", kind: "string", says: pack.Text{ZH: "数据项，分年度的带年份：staff@2020", EN: "the attribute, with its year where it is yearly: staff@2020"}}
	onDate     = param{name: "date", in: "query", kind: "string", says: pack.Text{ZH: "哪一天的情况，如 2021-03-31；默认今天", EN: "the day as of which it is answered, such as 2021-03-31; today by default"}}
	knownOn    = param{name: "known", in: "query", kind: "string", says: pack.Text{ZH: "只用到这一天为止已知的数据；默认用现在所知", EN: "only what was known at the end of this day; all that is known now by default"}}
	assuming   = param{name: "assume", in: "query", kind: "string", says: pack.Text{ZH: "假定这些是否项的空白为“否”，用逗号分开", EN: "yes/no attributes whose blanks are taken as “no”, with commas between"}}
	inScope    = param{name: "scope", in: "query", kind: "string", says: pack.Text{ZH: "只算城市的这一部分：机构的 id，或 group: 加一组区", EN: "only this part of the city: id of an organisation, or group: and a group of districts"}}
	inPlace    = param{name: "in", in: "query", kind: "string", says: pack.Text{ZH: "只算这个区，? 是不知道在哪个区的", EN: "only this district; ? is for those of no known district"}}
	withLimit  = param{name: "limit", in: "query", kind: "integer", says: pack.Text{ZH: "一页多少项，1 到 500，默认 50", EN: "how many items a page has, 1 to 500, 50 by default"}}
	withCursor = param{name: "cursor", in: "query", kind: "string", says: pack.Text{ZH: "上一页的 next，原样使用；其余参数不变", EN: "next of the last page as it is; the other parameters stay the same"}}
)

func optional(name, kind, zh, en string) param {
	return param{name: name, in: "query", kind: kind, says: pack.Text{ZH: zh, EN: en}}
}

func several(name, zh, en string) param {
	p := optional(name, "string", zh, en)
	p.many = true
	return p
}
