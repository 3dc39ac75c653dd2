// Package address is what a request carries: its address and its form, read and checked once, and the addresses that
// links lead to.
package address

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/web/locale"
)

// Ask is what any address may carry: the language, the part of the city that it is about, the day as of which it is
// answered, the day by whose knowledge, and the labelled assumptions.
type Ask struct {
	Lang   string
	Date   time.Time // the day D of screenings, at midnight UTC
	Known  time.Time // the day at whose end the base is read, at midnight UTC; zero: as it is now
	Today  time.Time // today in the city, at midnight UTC
	Assume []string  // attributes whose blanks are taken as "no", sorted
	Page   int       // of a list, from 1
	Scope  string    // the part of the city: an org, or group: and a group of districts; empty: all of it
	Room   string    // the entry of the rail that a page of no room of its own was entered from; empty: its usual one
	Own    string    // the path of the entry to which what the page is about belongs; empty: as its address says

	url *url.URL
}

// LangCookie keeps the language that a reader chose.
const LangCookie = "lang"

var matcher = language.NewMatcher([]language.Tag{language.MustParse(locale.Chinese), language.English})

// Reader reads addresses in a city.
type Reader struct {
	Zone *time.Location // of the city
	// Assumable finds an attribute whose blanks may be assumed to be "no"; nil when there is none.
	Assumable func(id string) *pack.Attribute
	// CheckScope refuses what is no part of the city; nil: nothing is.
	CheckScope func(scope string) error
	Clock      func() time.Time
	Lang       string // of a reader who asks for none
}

// Read reads an address and says what of it cannot be answered. The Ask holds what could be read all the same, so
// that the page with the error has a frame.
func (x *Reader) Read(r *http.Request) (*Ask, error) {
	a := &Ask{Lang: x.LangOf(r), Today: Midnight(x.Clock().In(x.Zone)), Page: 1, url: r.URL}
	a.Date = a.Today
	q, err := readQuery(r)
	if err != nil {
		a.url = &url.URL{Path: r.URL.Path}
		if CheckText(r.URL.Path) != nil {
			a.url.Path = "/"
		}
		return a, err
	}
	held, err := readDay("date", q.Get("date"))
	if !held.IsZero() {
		a.Date = held
	}
	known, kerr := readDay("known", q.Get("known"))
	if known.Before(a.Today) { // whatever will be known is not known yet
		a.Known = known
	}
	a.Room = q.Get("room")
	return a, cmp.Or(err, kerr, x.readScope(a, q.Get("scope")), a.readPage(q.Get("page")), checkUnit(q.Get("unit")), x.readAssume(a, q["assume"]))
}

// readScope reads the part of the city that an address is about.
func (x *Reader) readScope(a *Ask, text string) error {
	if text == "" {
		return nil
	}
	if x.CheckScope == nil {
		return UnknownFilter("scope", text)
	}
	if err := x.CheckScope(text); err != nil {
		return Mistake(err, "scope")
	}
	a.Scope = text
	return nil
}

// readQuery gives the parameters of an address.
func readQuery(r *http.Request) (url.Values, error) {
	if err := CheckText(r.URL.Path); err != nil {
		return nil, err
	}
	if len(r.URL.RawQuery) > longestQuery {
		return nil, fault.New(fault.TooLarge, "网址太长，读不出。请从页面上的链接进入。", "The address is too long: start from a link of a page.")
	}
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, fault.New(fault.Invalid, "网址的编码有误，读不出。请从页面上的链接进入。", "The address is badly encoded: start from a link of a page.").Wrap(err)
	}
	return q, checkValues(q)
}

// readPage reads the page of a list that is asked for.
func (a *Ask) readPage(text string) error {
	if text == "" {
		return nil
	}
	page, err := strconv.Atoi(text)
	if err != nil || page < 1 || page > 1_000_000_000 {
		return Mistake(fault.New(fault.Invalid, "页码“"+Shortened(text)+"”读不出。", "The page number “"+Shortened(text)+"” cannot be read."), "page")
	}
	a.Page = page
	return nil
}

// readAssume reads which attributes' blanks are taken as "no".
func (x *Reader) readAssume(a *Ask, lists []string) (err error) {
	for _, list := range lists {
		for id := range strings.SplitSeq(list, ",") {
			id = strings.TrimSpace(id)
			switch {
			case id == "" || slices.Contains(a.Assume, id):
			case x.Assumable(id) != nil:
				a.Assume = append(a.Assume, id)
			default:
				err = Mistake(fault.New(fault.Invalid,
					"“"+Shortened(id)+"”不是可以假设为“否”的数据项。请从梯度页的“假设”里选择。",
					"“"+Shortened(id)+"” is not an attribute that may be assumed to be “no”. Choose among the assumptions of the ladder page."), "assume")
			}
		}
	}
	slices.Sort(a.Assume)
	return err
}

// The first and the last year whose days can be asked for.
const firstYear, lastYear = 1950, 2200

// readDay reads a day of the address, which has this name there; zero when there is none, or none that can be read.
func readDay(name, text string) (time.Time, error) {
	if text = strings.TrimSpace(text); text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, text)
	switch {
	case err != nil:
		return time.Time{}, Mistake(fault.New(fault.Invalid,
			"日期“"+Shortened(text)+"”读不出。请写成 2021-03-31 这样。",
			"The date “"+Shortened(text)+"” cannot be read. Write it like 2021-03-31."), name)
	case t.Year() < firstYear || t.Year() > lastYear:
		return time.Time{}, Mistake(fault.New(fault.Invalid,
			fmt.Sprintf("日期“%s”不在可选的范围内，没有采用。可选 %d-01-01 至 %d-12-31 之间的任何一天。", text, firstYear, lastYear),
			fmt.Sprintf("The date “%s” is outside of what can be asked for and was left out. Choose any day from %d-01-01 to %d-12-31.", text, firstYear, lastYear)), name)
	}
	return t, nil
}

// Midnight is the day of a time, at midnight UTC.
func Midnight(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// LangOf chooses the language: the address, then the cookie, then what the browser prefers, then the server's.
func (x *Reader) LangOf(r *http.Request) string {
	if l := r.URL.Query().Get("lang"); slices.Contains(locale.Langs, l) {
		return l
	}
	if c, err := r.Cookie(LangCookie); err == nil && slices.Contains(locale.Langs, c.Value) {
		return c.Value
	}
	if tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language")); err == nil && len(tags) > 0 {
		if _, i, sure := matcher.Match(tags...); sure >= language.High {
			return locale.Langs[i]
		}
	}
	return x.Lang
}

// Without is the same request without some names of its address: what was said once is not carried along by links.
func (a *Ask) Without(names ...string) *Ask {
	q, one, u := a.url.Query(), *a, *a.url
	for _, name := range names {
		q.Del(name)
	}
	u.RawQuery = q.Encode()
	one.url = &u
	return &one
}

// Put is the same of an address with other values. Pairs are name and value; an empty value leaves the name out.
func (a *Ask) Put(pairs ...string) *Ask {
	q, one, u := a.url.Query(), *a, *a.url
	for i := 0; i+1 < len(pairs); i += 2 {
		if q.Del(pairs[i]); pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	u.RawQuery = q.Encode()
	one.url = &u
	return &one
}

// IsToday reports whether the page speaks of today.
func (a *Ask) IsToday() bool { return a.Date.Equal(a.Today) }

// Moment is what the registry is asked for: what held on the day, by what was known. Today asks for the latest.
func (a *Ask) Moment() fact.Moment {
	m := fact.Moment{KnownOn: a.Known}
	if !a.IsToday() {
		m.HeldOn = a.Date
	}
	return m
}

// KnownDay is the day of knowledge as addresses and date fields write it; empty for now.
func (a *Ask) KnownDay() string {
	if a.Known.IsZero() {
		return ""
	}
	return a.Known.Format(time.DateOnly)
}

// Day is the as-of day as addresses and date fields write it.
func (a *Ask) Day() string { return a.Date.Format(time.DateOnly) }

// Link makes an address that carries the days, the assumptions and an explicitly chosen language along.
// Pairs are name and value; an empty value leaves the name out.
func (a *Ask) Link(path string, pairs ...string) string {
	if a.url.RawQuery == "" && len(a.Assume) == 0 && a.Room == "" && len(pairs) == 0 {
		return path
	}
	q := a.Lasting()
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			q.Del(pairs[i])
		} else {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// With is the current address with some names changed; an empty value takes the name away.
func (a *Ask) With(pairs ...string) string {
	q := a.url.Query()
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			q.Del(pairs[i])
		} else {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return a.url.Path
	}
	return a.url.Path + "?" + q.Encode()
}

// Hidden is the current address's parameters as pairs, without those named: for forms that change only one thing.
func (a *Ask) Hidden(without ...string) []Field {
	var fields []Field
	q := a.url.Query()
	names := make([]string, 0, len(q))
	for name := range q {
		if !slices.Contains(without, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		for _, v := range q[name] {
			fields = append(fields, Field{name, v})
		}
	}
	return fields
}

// Field is one name and value of a form.
type Field struct{ Name, Value string }

// Query is a copy of what follows the question mark.
func (a *Ask) Query() url.Values { return a.url.Query() }

// Lasting are the names and values that every link carries along.
func (a *Ask) Lasting() url.Values {
	q := url.Values{}
	mine := a.url.Query()
	for _, name := range []string{"lang", "date", "known", "scope", "theme"} {
		if v := mine.Get(name); v != "" {
			q.Set(name, v)
		}
	}
	if a.Room != "" {
		q.Set("room", a.Room)
	}
	if len(a.Assume) > 0 {
		q.Set("assume", strings.Join(a.Assume, ","))
	}
	return q
}

// URI is the address, its path and what follows.
func (a *Ask) URI() string { return a.url.RequestURI() }

// Path is the path of the address.
func (a *Ask) Path() string { return a.url.Path }
