package api

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
)

// call is one call of the API.
type call struct {
	id, method, path string
	action           auth.Action // that the token must have; empty: any
	name, says       pack.Text
	params           []param
	filters          bool // takes the filters, order and columns of the register's list
	body             any  // a value of the type that is sent as JSON; nil: nothing is
	file             bool // a file is sent instead
	gives            any  // a value of the type that is answered
	etag             bool // the answer has an ETag
	write            bool // takes dry_run and Idempotency-Key
	match            bool // asks for If-Match
	do               func(r *http.Request) (*answered, error)
	table            func(w http.ResponseWriter, r *http.Request) (*frame.Workbook, error) // plans a file, which is answered in the place of JSON
}

// answered is the answer to a call.
type answered struct {
	status int // 0: 200
	etag   string
	value  any
	raw    []byte // in the place of value
	again  bool   // it was given before to the same request
}

func (c *call) pattern() string {
	return c.method + " " + frame.APIPath + strings.TrimPrefix(c.path, "/")
}

// paths are the addresses of calls, each once.
func paths(calls []*call) (list []string) {
	for _, c := range calls {
		if path := frame.APIPath + strings.TrimPrefix(c.path, "/"); !slices.Contains(list, path) {
			list = append(list, path)
		}
	}
	return list
}

// answer answers a call with JSON.
func (s *room) answer(c *call) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := s.checkNames(c, r.URL.Query()); err != nil {
			return err
		}
		a, err := c.do(r)
		if err != nil {
			return err
		}
		text := a.raw
		if text == nil {
			if text, err = json.Marshal(a.value); err != nil {
				return err
			}
		}
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Content-Language", s.LangOf(r))
		h.Set("Cache-Control", "no-store")
		h.Add("Vary", "Accept-Language")
		if a.etag != "" {
			h.Set("ETag", a.etag)
		}
		if a.again {
			h.Set("Idempotency-Replayed", "true")
		}
		if a.status != 0 {
			w.WriteHeader(a.status)
		}
		w.Write(text)
		return nil
	}
}

// everywhere are the names that every call takes.
var everywhere = []string{"lang"}

// checkNames refuses names of an address that the call does not know: one that is misspelt would else be a filter that filters nothing. Of
// lists the columns say which they are; see grid.Columns.Reads. One that is given twice, and has one value only, is refused, too: dry_run
// could else be read as what it was not meant to be.
func (s *room) checkNames(c *call, q url.Values) error {
	for name := range q {
		takes := c.takes(name)
		if !takes && !c.filters {
			return errName(name)
		}
		many := slices.ContainsFunc(c.params, func(p param) bool { return p.name == name && p.many })
		if takes && len(q[name]) > 1 && !many {
			return address.Mistake(fault.New(fault.Invalid, "参数 "+address.Shortened(name)+" 只能写一次。", "The parameter "+address.Shortened(name)+" is given once only."), name)
		}
	}
	return nil
}

// takes reports whether a call has a parameter of an address.
func (c *call) takes(name string) bool {
	return slices.Contains(everywhere, name) || c.write && name == dryRun || slices.ContainsFunc(c.params, func(p param) bool { return p.in == "query" && p.name == name })
}

// nothing answers addresses of the API that are no call.
func (s *room) nothing(others *http.ServeMux) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		_, pattern := others.Handler(r)
		if pattern == "" {
			return errNoCall()
		}
		var methods []string
		for _, c := range s.calls {
			if frame.APIPath+strings.TrimPrefix(c.path, "/") == pattern {
				methods = append(methods, c.method)
			}
		}
		w.Header().Set("Allow", strings.Join(methods, ", "))
		return fault.New(fault.NoMethod, "这个地址没有这个方法；可用的有："+strings.Join(methods, "、")+"。", "This address has no such method; there is "+strings.Join(methods, ", ")+".")
	}
}

// The faults of the API. What is hidden from who asks is answered with the same as what there is not.

func errNoCall() error {
	return fault.New(fault.NotFound, "接口没有这个地址。地址都在 /api 页上。", "The API has no such address. All of them are on the page /api.")
}

func errNoRegister() error {
	return fault.New(fault.NotFound, "没有这个库，或不在令牌的范围之内。库的列表在 /api/v1/registers。", "There is no such register, or it is outside of the token's scope. See /api/v1/registers.")
}

func errNoSubject() error {
	return fault.New(fault.NotFound, "没有这个主体，或不在令牌的范围之内。", "There is no such subject, or it is outside of the token's scope.")
}

func errNoImport() error {
	return fault.New(fault.NotFound, "没有这次导入，或不在令牌的范围之内。", "There is no such import, or it is outside of the token's scope.")
}

func errName(name string) error {
	name = address.Shortened(name)
	return address.Mistake(fault.New(fault.Invalid, "这个调用没有参数“"+name+"”，没有执行。参数都在 /api 页上。", "This call has no parameter “"+name+"”, and nothing was done. The parameters are on the page /api."), name)
}

// as gives another fault for what is not found; other errors stay.
func as(err, none error) error {
	if fault.Of(err) == fault.NotFound {
		return none
	}
	return err
}
