package oplog

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"eyas/internal/audit"
	"eyas/internal/fault"
	"eyas/internal/registry/intake"
	"eyas/internal/web/address"
	"eyas/internal/web/told"
	"eyas/internal/web/words"
)

// entryView is the page of one entry.
type entryView struct {
	told.Entry
	Changes []change
	Hidden  bool // what was changed may not be seen
	Leaf    string
	Head    string // that seals it; empty: not sealed yet
	Hash    string
	Proof   string // address of the file
	File    string // as it is called
	Before  string // address of the entry before
	After   string
	Size    int // hashes in the proof, in bytes
}

// change is a value before and after, with what differs marked.
type change struct {
	Name, Unit string
	From, To   []words.Part
}

func (s *room) find(r *http.Request) (e audit.Entry, err error) {
	if err := s.ready(r); err != nil {
		return e, err
	}
	seq, err := strconv.ParseInt(r.PathValue("seq"), 10, 64)
	found := false
	if err == nil && seq > 0 {
		if e, found, err = s.Log.Entry(r.Context(), seq); err != nil {
			return e, err
		}
	}
	if !found {
		return e, fault.New(fault.NotFound, "日志里没有第 "+address.Shortened(r.PathValue("seq"))+" 条。请从日志列表中打开。", "The log has no entry "+address.Shortened(r.PathValue("seq"))+". Open one from the list.")
	}
	return e, nil
}

func (s *room) showEntry(w http.ResponseWriter, r *http.Request) error {
	e, err := s.find(r)
	if err != nil {
		return err
	}
	wr := s.writer(r)
	ask := wr.Ask
	v := &entryView{Entry: wr.Entry(r.Context(), &e), Hash: s.Log.Hash().String(), Leaf: e.Hash, File: fileOf(wr.Words.Text, e.Seq)}
	v.Action = told.ActionName(wr.Words.Text, e.Action)
	at := func(seq int64) string { return ask.Link("/log/" + strconv.FormatInt(seq, 10)) }
	if e.Seq > 1 {
		v.Before = at(e.Seq - 1)
	}
	if _, newest, err := s.Log.Entries(r.Context(), audit.Wanted{}, 0, 0); err != nil {
		return err
	} else if e.Seq < int64(newest) {
		v.After = at(e.Seq + 1)
	}
	x, err := s.Log.Evidence(r.Context(), e.Seq, 0)
	switch {
	case err == nil:
		v.Head, v.Proof, v.Size = x.Head, ask.Link("/log/"+strconv.FormatInt(e.Seq, 10)+"/proof"), len(x.Path)/4*3/32*32
	case fault.Of(err) != fault.NotFound:
		return err
	}
	if id := entered(&e); id != 0 && s.Results != nil {
		if v.Hidden = wr.Names == nil; !v.Hidden {
			if v.Changes, err = s.changes(r.Context(), wr, id); err != nil {
				return err
			}
		}
	}
	return s.Render(w, r, "logentry", v)
}

// entered is the import of an entry by hand; 0: the entry is none.
func entered(e *audit.Entry) int64 {
	var detail struct{ Import int64 }
	if e.Action != "enter" || json.Unmarshal([]byte(e.Detail), &detail) != nil {
		return 0
	}
	return detail.Import
}

// changes are the values before and after an entry by hand, as long as it is in force.
func (s *room) changes(ctx context.Context, w told.Writer, id int64) (list []change, err error) {
	var altered []intake.Altered
	altered, _, err = s.Results.Changes(ctx, id, 0, false, 1)
	if fault.Of(err) == fault.NotFound {
		return nil, nil
	}
	for _, a := range altered {
		for _, x := range a.Values {
			c := change{Name: w.Words.YearName(x.Attr, x.Year), Unit: w.Words.Unit(x.Attr)}
			from, to := "", ""
			if x.From != nil {
				from = w.Words.Said(x.From)
			}
			if x.To != nil {
				to = w.Words.Said(x.To)
			}
			c.From, c.To = words.Differences(from, to)
			list = append(list, c)
		}
	}
	return list, err
}

func fileOf(text func(string, ...any) string, seq int64) string {
	return text("oplog.file") + "-" + strconv.FormatInt(seq, 10) + ".json"
}

// proof gives the file that proves an entry; head= names the head that somebody noted, by its number or whole.
func (s *room) proof(w http.ResponseWriter, r *http.Request) error {
	e, err := s.find(r)
	if err != nil {
		return err
	}
	size, err := sizeOf(r, "head")
	if err != nil {
		return err
	}
	x, err := s.Log.Evidence(r.Context(), e.Seq, size)
	if err != nil {
		return err
	}
	return give(w, x, fileOf(s.Words(s.LangOf(r)), e.Seq))
}

// heads gives the file that proves that the newest head contains an earlier one.
func (s *room) heads(w http.ResponseWriter, r *http.Request) error {
	if err := s.ready(r); err != nil {
		return err
	}
	size, err := sizeOf(r, "from")
	if err != nil {
		return err
	}
	if size == 0 {
		return address.UnknownFilter("from", r.URL.Query().Get("from"))
	}
	x, err := s.Log.EvidenceBetween(r.Context(), size)
	if err != nil {
		return err
	}
	return give(w, x, s.Words(s.LangOf(r))("oplog.file")+"-"+strconv.FormatInt(size, 10)+"-"+strings.SplitN(x.Head, ":", 2)[0]+".json")
}

// sizeOf reads the number of a head from an address: 12 or 12:9f86…; 0 when there is none.
func sizeOf(r *http.Request, name string) (int64, error) {
	v := strings.TrimSpace(r.URL.Query().Get(name))
	if v == "" {
		return 0, nil
	}
	number, _, _ := strings.Cut(v, ":")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 1 {
		return 0, address.UnknownFilter(name, v)
	}
	return n, nil
}

// give answers with a file.
func give(w http.ResponseWriter, x *audit.Evidence, name string) error {
	text, err := x.JSON()
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Disposition", `attachment; filename="proof.json"; filename*=UTF-8''`+url.PathEscape(name))
	h.Set("Cache-Control", "no-store")
	w.Write(text)
	return nil
}
