package api

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"

	"eyas/internal/fault"
	"eyas/internal/rule/list"
	"eyas/internal/web/address"
)

// How many items a page has.
const (
	usualItems = 50
	mostItems  = 500
)

// cursor is a place in a list, behind the last item that was given. It says what the list was asked for, so that it is not taken for a
// place in another one.
type cursor struct {
	Of      string      `json:"q"`           // digest of the query
	Place   *list.Place `json:"p,omitempty"` // of a register
	ID      int64       `json:"i,omitempty"` // of an import
	Row     *rowKey     `json:"r,omitempty"` // of a finding
	Skipped int         `json:"n,omitempty"` // about how many rows stand before it
}

// rowKey is a finding, in the order of the list.
type rowKey struct {
	Found     int64  `json:"f"`
	Subject   int64  `json:"s"`
	Rule      string `json:"u"`
	Attribute string `json:"a"`
	Year      int    `json:"y"`
}

// queryOf is the digest of what a list is asked for: its address without the place, the length and the language.
func queryOf(r *http.Request) string {
	q := r.URL.Query()
	for _, name := range []string{"cursor", "limit", "lang"} {
		q.Del(name)
	}
	sum := sha256.Sum256([]byte(r.URL.Path + "?" + q.Encode()))
	return hex.EncodeToString(sum[:8])
}

// text writes a cursor for an address.
func (c *cursor) text(r *http.Request) *string {
	c.Of = queryOf(r)
	raw, err := json.Marshal(c)
	if err != nil {
		panic(err) // numbers and texts have a form
	}
	text := base64.RawURLEncoding.EncodeToString(raw)
	return &text
}

// readPage reads which part of a list is asked for: behind which place, nil: from the beginning, and how many items.
func readPage(r *http.Request) (at *cursor, limit int, err error) {
	q := r.URL.Query()
	limit = usualItems
	if text := q.Get("limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > mostItems {
			return nil, 0, address.Mistake(fault.New(fault.Invalid, "limit 是 1 到 500 的整数。", "limit is a whole number from 1 to 500."), "limit")
		}
	}
	text := q.Get("cursor")
	if text == "" {
		return nil, limit, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	at = &cursor{}
	if err != nil || json.Unmarshal(raw, at) != nil {
		return nil, 0, address.Mistake(fault.New(fault.Invalid, "cursor 读不出。请原样使用上一页的 next。", "The cursor cannot be read. Use the next of the last page as it is."), "cursor")
	}
	if at.Of != queryOf(r) {
		return nil, 0, address.Mistake(fault.New(fault.Invalid, "这个 cursor 是另一个查询的。翻页时，除了 cursor 和 limit，其余参数要与第一页相同。",
			"This cursor is that of another query. From page to page all parameters but cursor and limit stay the same."), "cursor")
	}
	return at, limit, nil
}

// errMoved is answered where the place of a cursor is found no more.
func errMoved() error {
	return address.Mistake(fault.New(fault.Conflict, "列表在翻到的这一处变了，接不上。请从第一页重新读，或不按名称、代码排序。",
		"The list has changed at this place, and what follows cannot be told. Read it again from the first page, or do not sort it by names or codes."), "cursor")
}
