package frame

import (
	"net/http"
	"slices"
	"time"

	"eyas/internal/pack"
	"eyas/internal/web/city"
	"eyas/internal/web/words"
)

const (
	// ColumnCookie keeps the columns of the main register's list, and with the list's name behind it those of another.
	ColumnCookie = "cols"
	UnitCookie   = "unit"
)

// MoneyUnit is the unit chosen in the address, else the remembered one, else 万元.
func (f *Frame) MoneyUnit(r *http.Request) words.Unit {
	if u := words.Unit(r.URL.Query().Get("unit")); slices.Contains(words.Units, u) {
		return u
	}
	if c, err := r.Cookie(UnitCookie); err == nil && slices.Contains(words.Units, words.Unit(c.Value)) {
		return words.Unit(c.Value)
	}
	return words.InWan
}

// Remember keeps the money unit that an address asks for in a cookie, so that the next plain visit shows the same.
func (f *Frame) Remember(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("unit") != "" {
		http.SetCookie(w, &http.Cookie{Name: UnitCookie, Value: string(f.MoneyUnit(r)), Path: "/", MaxAge: 365 * 24 * 3600, SameSite: http.SameSiteLaxMode, HttpOnly: true})
	}
}

// Register finds a register of the pack; the main one when none is named.
func (f *Frame) Register(id string) *pack.Register {
	if id == "" {
		return f.City.Register
	}
	return f.Pack.Register(id)
}

// When writes a time in the city's zone, to the minute.
func (f *Frame) When(t time.Time) string { return t.In(f.Pack.Zone).Format("2006-01-02 15:04") }

// WriterOf is a writer for the subjects of a register.
func (f *Frame) WriterOf(r *http.Request, register string) words.Writer {
	return f.WriterIn(register, f.LangOf(r), f.MoneyUnit(r))
}

// Writer makes a writer for the subjects of the main register; missing words are a programming fault and show as their key.
func (f *Frame) Writer(lang string, unit words.Unit) words.Writer {
	return words.Writer{City: f.City, Lang: lang, Money: unit, Text: f.Words(lang)}
}

// WriterIn makes a writer for the subjects of a register.
func (f *Frame) WriterIn(register, lang string, unit words.Unit) words.Writer {
	return words.Writer{City: f.CityOf(register), Lang: lang, Money: unit, Text: f.Words(lang)}
}

// CityOf is the city as a register sees it; as the main one sees it for a register that the pack no longer has.
func (f *Frame) CityOf(register string) *city.City {
	if c := f.cities[register]; c != nil {
		return c
	}
	return f.City
}

// Words gives the messages of a language to code that builds views.
func (f *Frame) Words(lang string) func(string, ...any) string {
	return func(key string, pairs ...any) string {
		text, err := f.catalogs[lang].Text(key, pairs...)
		if err != nil {
			f.Log.Error("words", "error", err)
			return key
		}
		return text
	}
}
