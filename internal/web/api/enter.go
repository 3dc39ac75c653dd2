package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/sight"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
)

// longestBody bounds what is sent as JSON, in bytes.
const longestBody = 64 << 10

// Entry is a value that is entered.
type Entry struct {
	// Value is a text as people write it (820万元, 是, 2021-03-31), a number (of money: yuan, or dollars), true or false; null declares that
	// the known value is wrong and no better one is known.
	Value  any    `json:"value"`
	Unit   string `json:"unit,omitempty"` // of a number of money that says none: 万元
	Reason string `json:"reason"`         // why it is entered
}

// Entered is what came of an entry, or would.
type Entered struct {
	DryRun bool  `json:"dry_run"`
	Import int64 `json:"import,omitempty"` // number of the entry, by which it can be taken back
	Before Value `json:"before"`
	After  Value `json:"after"` // what counts then: another source may rank above the entry
}

// errTried ends a transaction that was only tried.
var errTried = errors.New("api: tried only")

// callEnter enters a value of a subject, upon what the client saw of it.
func (s *room) callEnter(r *http.Request) (*answered, error) {
	subject, reg, err := s.subjectOf(r)
	if err != nil {
		return nil, err
	}
	if err := s.decide(r, auth.Enter, reg, subject); err != nil {
		return nil, err
	}
	a, year, err := keyOf(reg, r.PathValue("key"))
	if err != nil {
		return nil, err
	}
	dry, key, err := readWrite(r)
	if err != nil {
		return nil, err
	}
	raw, sent, err := readEntry(r)
	if err != nil {
		return nil, err
	}
	e, err := s.entryOf(r, reg, subject, a, year, sent)
	if err != nil {
		return nil, err
	}
	return s.once(r, key, raw, nil, func(ctx context.Context, keep keeper) (*answered, error) {
		mark, err := readMatch(r)
		if err != nil {
			return nil, err
		}
		var out *answered
		err = s.Entries.Upon(ctx, sight.Seen{sight.SawValue(subject, e.Keys()[0]): mark}, func(ctx context.Context) error {
			in := r.WithContext(ctx)
			done := Entered{DryRun: dry}
			var err error
			if done.Before, _, err = s.valueNow(in, subject, a, year, fact.Moment{}); err != nil {
				return err
			}
			if done.Import, _, err = s.Entries.Enter(ctx, e); err != nil {
				return err
			}
			if done.After, mark, err = s.valueNow(in, subject, a, year, fact.Moment{}); err != nil {
				return err
			}
			if dry {
				done.Import = 0
				done.After.Source = nil // it has no number yet
				out = &answered{value: done}
				return errTried
			}
			out = &answered{value: done, etag: etagOf(mark)}
			return keep(ctx, out)
		})
		switch {
		case errors.Is(err, errTried):
			return out, nil
		case frame.IsStale(err):
			return nil, errStale(err)
		case err != nil:
			return nil, as(err, errNoSubject())
		}
		return out, nil
	})
}

// errStale says that a value has changed since the client saw it.
func errStale(err error) error {
	return fault.New(fault.Stale, "这个值在您读过之后已被改过，没有写入。请重新读取它的 ETag，看过再决定。",
		"The value has changed since you read it, and nothing was written. Read it again with its ETag, and decide anew.").Wrap(err)
}

// readMatch reads the ETag upon which an entry is made.
func readMatch(r *http.Request) (mark string, err error) {
	return readMatchOf(r, "/api/v1/subjects/{subject}/values/{key}")
}

// readMatchOf reads the ETag that a call at an address gave.
func readMatchOf(r *http.Request, at string) (mark string, err error) {
	none := fault.New(fault.Unconditional, "写入要带 If-Match：先读取 "+at+"，把它的 ETag 原样放进来，这样不会盖掉别人的改动。不接受 *。",
		"A write needs If-Match: read "+at+" first and send its ETag as it is, so that nobody's change is overwritten. * is not taken.")
	list := r.Header.Values("If-Match")
	if len(list) != 1 {
		return "", none
	}
	text := strings.TrimSpace(list[0])
	if mark, err = strconv.Unquote(text); err != nil || !strings.HasPrefix(text, `"`) || mark == "" {
		return "", none
	}
	return mark, nil
}

// readJSON reads JSON that was sent, without understanding it.
func readJSON(r *http.Request) (raw []byte, err error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return nil, fault.New(fault.Unsupported, "内容要用 Content-Type: application/json。", "The content is sent as Content-Type: application/json.")
	}
	raw, err = io.ReadAll(http.MaxBytesReader(nil, r.Body, longestBody))
	var large *http.MaxBytesError
	var said *fault.Error
	switch {
	case errors.As(err, &large):
		return nil, fault.New(fault.TooLarge, "内容太长，最多 64 KB。", "The content is too long: at most 64 KB.")
	case errors.As(err, &said):
		return nil, err
	case err != nil:
		return nil, fault.New(fault.Invalid, "内容没有完整收到，请再试一次。", "The content did not arrive complete: try again.").Wrap(err)
	}
	return raw, address.CheckText(string(raw))
}

// readEntry reads what was sent.
func readEntry(r *http.Request) (raw []byte, e Entry, err error) {
	if raw, err = readJSON(r); err != nil {
		return nil, e, err
	}
	wrong := fault.New(fault.Invalid, `内容读不出。写成 {"value": …, "unit": "万元", "reason": "…"} 这样的 JSON，每个字段一次，没有其他字段。`, `The content cannot be read. Send JSON like {"value": …, "unit": "万元", "reason": "…"}, each field once, without other fields.`)
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	dec.DisallowUnknownFields()
	var given struct {
		Value  *json.RawMessage `json:"value"`
		Unit   string           `json:"unit"`
		Reason string           `json:"reason"`
	}
	if err := dec.Decode(&given); err != nil {
		return nil, e, wrong.Wrap(err)
	}
	if _, err := dec.Token(); err != io.EOF || repeats(raw) {
		return nil, e, wrong
	}
	e.Unit, e.Reason = strings.TrimSpace(given.Unit), strings.TrimSpace(given.Reason)
	if given.Value != nil {
		value := json.NewDecoder(bytes.NewReader(*given.Value))
		value.UseNumber()
		if err := value.Decode(&e.Value); err != nil {
			return nil, e, wrong.Wrap(err)
		}
	} else if !declaresNull(raw) {
		return nil, e, fault.New(fault.Invalid, "没有写 value。要声明已知的值是错的，请写 null。", "There is no value. To declare that the known one is wrong, send null.")
	}
	if err := address.CheckText(e.Reason); err != nil {
		return nil, e, err
	}
	return raw, e, nil
}

// repeats reports whether an object has a field twice, in whichever case: only one of the two would be read.
func repeats(raw []byte) bool {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.Token()
	var seen []string
	for dec.More() {
		name, _ := dec.Token()
		text, _ := name.(string)
		if slices.ContainsFunc(seen, func(x string) bool { return strings.EqualFold(x, text) }) {
			return true
		}
		seen = append(seen, text)
		var value json.RawMessage
		if dec.Decode(&value) != nil {
			return false
		}
	}
	return false
}

// declaresNull reports whether an object has the value null, rather than none.
func declaresNull(raw []byte) bool {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return false
	}
	_, has := fields["value"]
	return has
}

// entryOf makes an entry of what was sent.
func (s *room) entryOf(r *http.Request, reg *pack.Register, subject int64, a *pack.Attribute, year int, sent Entry) (intake.Entry, error) {
	key := keyText(a, year)
	e := intake.Entry{Register: reg.ID, Subject: subject, Source: intake.HandSource(s.Pack, reg.ID, true), Form: s.Words(s.LangOf(r))("api.form"), Reason: sent.Reason, Lang: s.LangOf(r)}
	if n := len([]rune(sent.Reason)); n == 0 || n > 200 {
		return e, fault.New(fault.Invalid, "请用 reason 写明为什么录入，1 到 200 个字。", "Say by reason why it is entered, in 1 to 200 characters.")
	}
	var text string
	var err error
	switch v := sent.Value.(type) {
	case nil:
		e.Void = []string{key}
		return e, nil
	case string:
		if text = strings.TrimSpace(v); text == "" {
			return e, fault.New(fault.Invalid, "value 是空的。要声明已知的值是错的，请写 null。", "The value is empty. To declare that the known one is wrong, send null.")
		}
		err = address.CheckText(text)
	case json.Number:
		if text, err = number(v); err != nil || !a.Kind.Numeric() {
			return e, fault.New(fault.Invalid, "“"+a.Name.ZH+"”不是数值，请写成文字。", "“"+a.Name.EN+"” is no number: send a text.")
		}
	case bool:
		if a.Kind != pack.Boolean {
			return e, fault.New(fault.Invalid, "“"+a.Name.ZH+"”不是是否项。", "“"+a.Name.EN+"” is no yes/no attribute.")
		}
		text = map[bool]string{true: "是", false: "否"}[v]
	default:
		return e, fault.New(fault.Invalid, "value 是文字、数、true、false 或 null。", "The value is a text, a number, true, false or null.")
	}
	e.Values = map[string]string{key: text}
	if sent.Unit != "" {
		if a.Kind != pack.Money {
			return e, fault.New(fault.Invalid, "只有金额可以写 unit。", "Only money has a unit.")
		}
		e.Units = map[string]string{key: sent.Unit}
	}
	return e, err
}
