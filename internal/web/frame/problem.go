package frame

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/intake"
	"eyas/internal/web/address"
)

// Problem is an error as RFC 9457 writes it for scripts and programs. Title and Detail are in the language of the request; Code does not
// depend on it.
type Problem struct {
	Title  string         `json:"title"`
	Status int            `json:"status"`
	Detail string         `json:"detail"`
	Code   fault.Code     `json:"code"`
	Errors []ProblemField `json:"errors,omitempty"` // what in particular is wrong
}

// ProblemField is one thing that is wrong: a parameter of the address, or a value that was sent.
type ProblemField struct {
	Name   string `json:"name"`
	Detail string `json:"detail,omitempty"`
}

// titles are short names of problems.
var titles = map[fault.Code]pack.Text{
	fault.Invalid: {ZH: "内容有误", EN: "Invalid"}, fault.NotFound: {ZH: "没有找到", EN: "Not found"}, fault.Forbidden: {ZH: "没有权限", EN: "Forbidden"}, fault.Conflict: {ZH: "有冲突", EN: "Conflict"},
	fault.Internal: {ZH: "程序出错", EN: "Internal error"}, fault.Unauthorised: {ZH: "没有认出是谁", EN: "Unauthorised"}, fault.TooLarge: {ZH: "太大", EN: "Too large"}, fault.Unavailable: {ZH: "现在不行", EN: "Unavailable"},
	fault.Unconditional: {ZH: "缺少前提条件", EN: "Precondition required"}, fault.Stale: {ZH: "已被别人改过", EN: "Precondition failed"}, fault.TooMany: {ZH: "请求太多", EN: "Too many requests"},
	fault.Unsupported: {ZH: "不收这种内容", EN: "Unsupported content"}, fault.NoMethod: {ZH: "没有这个方法", EN: "Method not allowed"},
}

// problemFields are the names of the address, or the values of an entry, that cause an error.
func problemFields(err error, lang string) (list []ProblemField) {
	for _, name := range address.MistakenIn(err) {
		list = append(list, ProblemField{Name: name})
	}
	var unread *intake.Unread
	if errors.As(err, &unread) {
		for _, key := range slices.Sorted(maps.Keys(unread.Why)) {
			list = append(list, ProblemField{Name: key, Detail: unread.Why[key].In(lang)})
		}
	}
	return list
}

// scripted is the key of a request's context for a route that answers scripts.
type scripted struct{}

// wantsJSON reports whether a request is answered to a script: its route says so, or what it accepts.
func wantsJSON(r *http.Request) bool {
	if r.Context().Value(scripted{}) != nil || IsAPI(r) {
		return true
	}
	accept := r.Header.Get("Accept")
	return strings.Contains(accept, "json") && !strings.Contains(accept, "text/html")
}

// TitleOf is the short name of problems of a kind.
func TitleOf(code fault.Code, lang string) string { return titles[code].In(lang) }
