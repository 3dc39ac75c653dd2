package api

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"sync"

	"eyas/internal/fault"
	"eyas/internal/hook"
	"eyas/internal/pack"
	"eyas/internal/web/frame"
)

// The versions in which the API is described: the newest of OpenAPI, and one for generators that know no newer.
const (
	openAPI31 = "3.1.0"
	openAPI30 = "3.0.3"
)

// xlsxType is the media type of workbooks.
const xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// documents are those of the API by their versions, each made when it is first asked for.
type documents struct {
	once [2]sync.Once
	text [2][]byte
}

// document gives the document of a version. It is the same for everybody.
func (s *room) document(version string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Cache-Control", "no-cache")
		_, err := w.Write(s.documentText(version))
		return err
	}
}

// documentText is the document of a version as it is served.
func (s *room) documentText(version string) []byte {
	i := map[string]int{openAPI31: 0, openAPI30: 1}[version]
	s.docs.once[i].Do(func() {
		text, err := json.MarshalIndent(s.describe(version), "", " ")
		if err != nil {
			panic(err) // texts, numbers and lists have a form
		}
		s.docs.text[i] = append(text, '\n')
	})
	return s.docs.text[i]
}

// both writes a text in both languages, as help of commands does.
func said(t pack.Text) string {
	if t.ZH == "" {
		return ""
	}
	return t.ZH + " | " + t.EN
}

// describe is the document of a version.
func (s *room) describe(version string) schema {
	types := &schemas{of: map[string]schema{}, types: map[string]reflect.Type{}, older: version == openAPI30}
	problem := types.typed(reflect.TypeFor[frame.Problem]())
	paths := schema{}
	for _, c := range s.calls {
		path := strings.TrimSuffix(frame.APIPath, "/") + c.path
		item, _ := paths[path].(schema)
		if item == nil {
			item = schema{}
			paths[path] = item
		}
		item[strings.ToLower(c.method)] = c.describe(types, problem)
	}
	doc := schema{
		"openapi": version,
		"info": schema{"title": "Eyas 雏鹰", "version": "1", "description": said(pack.Text{
			ZH: "与网页相同的服务、范围和遮盖。金额以元（或美元）计，日子写成 2021-03-31。错误是 RFC 9457 的 problem+json，用 Accept-Language 所说的语言。",
			EN: "The same services, scope and masking as the pages. Money is in yuan (or dollars), days are like 2021-03-31. Errors are problem+json (RFC 9457) in the language of Accept-Language."})},
		"servers":    []any{schema{"url": "/"}},
		"security":   []any{schema{"token": []any{}}},
		"paths":      paths,
		"components": schema{"schemas": types.of, "securitySchemes": schema{"token": schema{"type": "http", "scheme": "bearer", "description": said(pack.Text{ZH: "接口令牌，在“我的账号 › 接口令牌”里建立", EN: "an API token, made on the page “My account › API tokens”"})}}},
	}
	if version != openAPI30 { // which does not know them
		doc["webhooks"] = webhooks(types)
	}
	return doc
}

// describe is a call in the document.
func (c *call) describe(types *schemas, problem schema) schema {
	o := schema{"operationId": c.id, "summary": said(c.name), "tags": []any{tagOf(c)}}
	if text := said(c.says); text != "" {
		o["description"] = text
	}
	var params []any
	for _, p := range c.params {
		params = append(params, p.describe())
	}
	if c.filters {
		params = append(params, schema{"name": "filters", "in": "query", "description": said(pack.Text{ZH: "其余筛选条件，名称按数据项", EN: "the other filters, named after attributes"}), "style": "form", "explode": true,
			"schema": schema{"type": "object", "additionalProperties": schema{"type": "string"}}})
	}
	if c.write {
		params = append(params, param{name: dryRun, in: "query", kind: "boolean", says: pack.Text{ZH: "只说会怎样，不写入", EN: "only says what would happen"}}.describe(),
			schema{"name": keyHeader, "in": "header", "description": said(pack.Text{ZH: "客户端生成的键：一天之内，同一个键和同样的内容只执行一次；换了内容就不收", EN: "a key that the client makes: within a day the same key with the same content is carried out once, and with other content it is refused"}), "schema": schema{"type": "string", "maxLength": 128}})
	}
	if c.match {
		params = append(params, schema{"name": "If-Match", "in": "header", "description": said(pack.Text{ZH: "读到的 ETag；没有则 428", EN: "the ETag that was read; 428 without it"}), "schema": schema{"type": "string"}})
	}
	if params != nil {
		o["parameters"] = params
	}
	switch {
	case c.body != nil:
		o["requestBody"] = schema{"required": true, "content": schema{"application/json": schema{"schema": types.typed(reflect.TypeOf(c.body))}}}
	case c.file:
		o["requestBody"] = schema{"required": true, "content": schema{"application/octet-stream": schema{"schema": schema{"type": "string", "format": "binary"}}}}
	}
	answer := schema{"description": "OK"}
	if c.table != nil {
		file := schema{"schema": schema{"type": "string", "format": "binary"}}
		answer["content"] = schema{xlsxType: file, "text/csv": file}
	} else {
		answer["content"] = schema{"application/json": schema{"schema": types.typed(reflect.TypeOf(c.gives))}}
	}
	if c.etag {
		answer["headers"] = schema{"ETag": schema{"schema": schema{"type": "string"}}}
	}
	answers := schema{"200": answer, "default": schema{"description": said(pack.Text{ZH: "出错", EN: "an error"}), "content": schema{"application/problem+json": schema{"schema": problem}}}}
	if c.file {
		answers["201"] = answer
	}
	o["responses"] = answers
	return o
}

func tagOf(c *call) string {
	step, _, _ := strings.Cut(strings.TrimPrefix(c.path, "/"), "/")
	return step
}

func (p param) describe() schema {
	s := schema{"type": p.kind}
	if p.kind == "integer" {
		s["format"] = "int64"
	}
	if p.many {
		s = schema{"type": "array", "items": s}
	}
	return schema{"name": p.name, "in": p.in, "required": p.in == "path" || p.name == "name" || p.name == "q", "description": said(p.says), "schema": s}
}

// docsView is the page that documents the API.
type docsView struct {
	Hooks []docsHook
	Base  string
	Calls []docsCall
	Codes []docsCode
	Token string // page where tokens are made; empty: the base has no people
}

type docsCall struct {
	ID, Method, Path, Name, Says string
	Params                       []docsParam
	Fields                       []docsField
	Gives                        []docsField
	File, Write, Match, Table    bool
}

type docsParam struct{ Name, Says string }

type docsCode struct {
	Status int
	Code   string
	Says   string
}

// codes are the faults in the order of their statuses.
var codes = []fault.Code{fault.Unauthorised, fault.Forbidden, fault.NotFound, fault.NoMethod, fault.Conflict, fault.Stale, fault.TooLarge, fault.Unsupported, fault.Invalid, fault.Unconditional, fault.TooMany, fault.Internal, fault.Unavailable}

// showDocs documents the API on a page of its own, of what the calls say.
func (s *room) showDocs(w http.ResponseWriter, r *http.Request) error {
	lang := s.LangOf(r)
	v := &docsView{Base: frame.APIPath}
	if s.Peopled(r.Context()) {
		v.Token = frame.AccountPath + "/tokens"
	}
	types := &schemas{of: map[string]schema{}, types: map[string]reflect.Type{}}
	for _, c := range s.calls {
		d := docsCall{Table: c.table != nil, ID: c.id, Method: c.method, Path: strings.TrimSuffix(frame.APIPath, "/") + c.path, Name: c.name.In(lang), Says: c.says.In(lang), File: c.file, Write: c.write, Match: c.match, Gives: types.list(c.gives), Fields: types.list(c.body)}
		for _, p := range c.params {
			d.Params = append(d.Params, docsParam{p.name, p.says.In(lang)})
		}
		v.Calls = append(v.Calls, d)
	}
	for _, h := range hook.Document() {
		v.Hooks = append(v.Hooks, docsHook{h.Type, h.Says.In(lang), types.list(h.Data)})
	}
	for _, c := range codes {
		v.Codes = append(v.Codes, docsCode{frame.StatusOf(fault.New(c, "", "")), string(c), frame.TitleOf(c, lang)})
	}
	return s.Render(w, r, "apidocs", v)
}

// docsHook is a type of messages on the page.
type docsHook struct {
	Type, Says string
	Data       []docsField
}

// signed are the headers of every message.
var signed = []param{
	{name: "webhook-id", in: "header", kind: "string", says: pack.Text{ZH: "消息的编号，重发时不变：用它去掉重复", EN: "id of the message, the same in all attempts: leave out what came before by it"}},
	{name: "webhook-timestamp", in: "header", kind: "integer", says: pack.Text{ZH: "这次发送的时间，Unix 秒", EN: "time of the attempt, in Unix seconds"}},
	{name: "webhook-signature", in: "header", kind: "string", says: pack.Text{ZH: "v1,BASE64(HMAC-SHA256(webhook-id.webhook-timestamp.内容))；更换密钥期间有两个，用空格分开", EN: "v1,BASE64(HMAC-SHA256(webhook-id.webhook-timestamp.body)); two of them, with a blank between, while a secret is changed"}},
}

// webhooks are the messages that hooks send, in the document.
func webhooks(types *schemas) schema {
	all := schema{}
	var params []any
	for _, p := range signed {
		d := p.describe()
		d["required"] = true
		params = append(params, d)
	}
	for _, h := range hook.Document() {
		message := schema{"type": "object", "required": []any{"type", "timestamp", "data"}, "properties": schema{
			"type":      schema{"type": "string", "const": h.Type},
			"timestamp": schema{"type": "string", "format": "date-time"},
			"data":      types.typed(reflect.TypeOf(h.Data)),
		}}
		all[h.Type] = schema{"post": schema{
			"operationId": h.Type, "summary": said(h.Says), "tags": []any{"webhooks"}, "security": []any{}, "parameters": params,
			"requestBody": schema{"required": true, "content": schema{"application/json": schema{"schema": message}}},
			"responses": schema{
				"2XX":     schema{"description": said(pack.Text{ZH: "已收到", EN: "received"})},
				"410":     schema{"description": said(pack.Text{ZH: "不再接收：推送停用", EN: "no more is wanted: the webhook is turned off"})},
				"default": schema{"description": said(pack.Text{ZH: "没有收到：约三天之内再发九次", EN: "not received: it is sent nine times more within about three days"})},
			},
		}}
	}
	return all
}
