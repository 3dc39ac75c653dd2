package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// client calls the API as its 3.0.3 document says, and knows nothing else of it: it finds calls by their operationId, puts parameters where
// they belong, and holds each answer against the schema of its status.
type client struct {
	t     testing.TB
	url   string
	token string
	doc   map[string]any
}

// newClient reads the document from the server.
func newClient(t testing.TB, url, token string) *client {
	t.Helper()
	c := &client{t: t, url: url, token: token}
	res, err := http.Get(url + "/api/openapi-3.0.json")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&c.doc); err != nil || c.doc["openapi"] != "3.0.3" {
		t.Fatal(c.doc["openapi"], err)
	}
	return c
}

// reply is an answer.
type reply struct {
	status int
	header http.Header
	body   map[string]any
	raw    string
}

// get walks into an answer by names and numbers.
func (r *reply) get(path ...any) any {
	var x any = r.body
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := x.(map[string]any)
			x = m[p]
		case int:
			l, _ := x.([]any)
			if p >= len(l) {
				return nil
			}
			x = l[p]
		}
	}
	return x
}

// call makes a call. args are its parameters by name, and content what is sent: a value as JSON, or bytes as they are.
func (c *client) call(id string, args map[string]string, content any) *reply {
	c.t.Helper()
	for path, item := range c.doc["paths"].(map[string]any) {
		for method, o := range item.(map[string]any) {
			if o := o.(map[string]any); o["operationId"] == id {
				return c.send(strings.ToUpper(method), path, o, args, content)
			}
		}
	}
	c.t.Fatalf("the document has no call %s", id)
	return nil
}

func (c *client) send(method, path string, o map[string]any, args map[string]string, content any) *reply {
	c.t.Helper()
	query, headers, used := url.Values{}, http.Header{}, 0
	params, _ := o["parameters"].([]any)
	for _, p := range params {
		p := p.(map[string]any)
		name := p["name"].(string)
		value, given := args[name]
		if !given {
			continue
		}
		used++
		switch p["in"] {
		case "path":
			path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(value))
		case "query":
			if schema := p["schema"].(map[string]any); schema["type"] == "object" { // each of its names is a parameter
				more, err := url.ParseQuery(value)
				if err != nil {
					c.t.Fatal(err)
				}
				for k, v := range more {
					query[k] = v
				}
				continue
			}
			query.Set(name, value)
		case "header":
			headers.Set(name, value)
		}
	}
	if used != len(args) {
		c.t.Fatalf("%s %s does not take all of %v", method, path, args)
	}
	var body io.Reader
	switch content := content.(type) {
	case nil:
	case []byte:
		body = bytes.NewReader(content)
		headers.Set("Content-Type", "application/octet-stream")
	default:
		text, err := json.Marshal(content)
		if err != nil {
			c.t.Fatal(err)
		}
		body = bytes.NewReader(text)
		headers.Set("Content-Type", "application/json")
	}
	req, err := http.NewRequest(method, c.url+path+"?"+query.Encode(), body)
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header = headers
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	for {
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			c.t.Fatal(err)
		}
		raw, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil {
			c.t.Fatal(err)
		}
		if res.StatusCode == http.StatusServiceUnavailable && res.Header.Get("Retry-After") == "2" { // the register is being loaded
			if req.GetBody != nil {
				req.Body, _ = req.GetBody()
			}
			continue
		}
		return c.checked(method+" "+path, o, res, raw)
	}
}

// checked holds an answer against what the document says of it.
func (c *client) checked(what string, o map[string]any, res *http.Response, raw []byte) *reply {
	c.t.Helper()
	r := &reply{status: res.StatusCode, header: res.Header, raw: string(raw)}
	answers := o["responses"].(map[string]any)
	answer, known := answers[fmt.Sprint(res.StatusCode)].(map[string]any)
	if !known {
		answer = answers["default"].(map[string]any)
	}
	kind, _, _ := strings.Cut(res.Header.Get("Content-Type"), ";")
	content, ok := answer["content"].(map[string]any)[kind].(map[string]any)
	if !ok {
		c.t.Fatalf("%s answers %d with %q: %s", what, res.StatusCode, kind, raw)
	}
	if schema := content["schema"].(map[string]any); schema["format"] == "binary" {
		return r
	}
	var value any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&value); err != nil {
		c.t.Fatalf("%s: %v", what, err)
	}
	for _, wrong := range c.wrong("", content["schema"].(map[string]any), value) {
		c.t.Errorf("%s answers %d, which the document says otherwise: %s", what, res.StatusCode, wrong)
	}
	r.body, _ = value.(map[string]any)
	return r
}

// wrong is where a value is not as a schema of OpenAPI 3.0.3 says.
func (c *client) wrong(at string, s map[string]any, v any) (list []string) {
	if ref, ok := s["$ref"].(string); ok {
		var x any = c.doc
		for _, step := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
			x = x.(map[string]any)[step]
		}
		return c.wrong(at, x.(map[string]any), v)
	}
	if v == nil {
		if s["nullable"] != true {
			list = append(list, at+" is null")
		}
		return list
	}
	if all, ok := s["allOf"].([]any); ok {
		for _, x := range all {
			list = append(list, c.wrong(at, x.(map[string]any), v)...)
		}
		return list
	}
	is := "?"
	switch x := v.(type) {
	case string:
		is = "string"
	case bool:
		is = "boolean"
	case json.Number:
		if is = "number"; s["type"] == "integer" && !strings.ContainsAny(x.String(), ".eE") {
			is = "integer"
		}
	case []any:
		is = "array"
		items, _ := s["items"].(map[string]any)
		for i, y := range x {
			list = append(list, c.wrong(fmt.Sprintf("%s[%d]", at, i), items, y)...)
		}
	case map[string]any:
		is = "object"
		properties, _ := s["properties"].(map[string]any)
		more, _ := s["additionalProperties"].(map[string]any)
		for name, y := range x {
			switch p, known := properties[name].(map[string]any); {
			case known:
				list = append(list, c.wrong(at+"."+name, p, y)...)
			case s["additionalProperties"] == false:
				list = append(list, at+"."+name+" is not in the document")
			case more != nil:
				list = append(list, c.wrong(at+"."+name, more, y)...)
			}
		}
		required, _ := s["required"].([]any)
		for _, name := range required {
			if _, has := x[name.(string)]; !has {
				list = append(list, at+"."+name.(string)+" is missing")
			}
		}
	}
	if kind, typed := s["type"]; typed && kind != is {
		list = append(list, fmt.Sprintf("%s is %s, not %s", at, is, kind))
	}
	slices.Sort(list)
	return list
}
