package desk

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"eyas/internal/fault"
	"eyas/internal/matter"
	"eyas/internal/pack"
	"eyas/internal/vault"
)

// ReadForm reads a form that a program wrote as JSON: {"values":{…},"rows":{…},"files":{…}}, or flat, one key for each field or
// attachment: {"main_product":"…","sales@B":"3万元","projects":[{…}],"audit":["a.pdf"]}.
func ReadForm(m *pack.MatterType, data []byte) (*matter.Form, error) {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(data, &keys); err != nil {
		return nil, unread(err)
	}
	whole := len(keys) > 0
	for k := range keys {
		whole = whole && (k == "values" || k == "rows" || k == "files") && m.Form.Field(k) == nil && m.Form.Attachment(k) == nil
	}
	f := &matter.Form{}
	if whole {
		return f, strictly(data, f)
	}
	f.Values, f.Rows, f.Files = map[string]string{}, map[string][]map[string]string{}, map[string][]matter.File{}
	for k, v := range keys {
		x, a := m.Form.Field(k), m.Form.Attachment(k)
		var err error
		switch {
		case x != nil && x.Rows != nil:
			f.Rows[k], err = rowsOf(v)
		case a != nil:
			f.Files[k], err = filesOf(v)
		default: // the engine refuses what the form does not have
			f.Values[k], err = textOf(v)
		}
		if err != nil {
			return nil, unread(fmt.Errorf("%s: %w", k, err))
		}
	}
	return f, nil
}

// ReadAct reads what an act says, as JSON with the keys of matter.Act. The form in it is written as ReadForm reads it.
func ReadAct(m *pack.MatterType, data []byte) (a matter.Act, err error) {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(data, &keys); err != nil {
		return a, unread(err)
	}
	form := keys["form"]
	delete(keys, "form")
	rest, err := json.Marshal(keys)
	if err != nil {
		return a, err
	}
	if err := strictly(rest, &a); err != nil {
		return a, err
	}
	if form != nil {
		a.Form, err = ReadForm(m, form)
	}
	return a, err
}

// strictly reads JSON into a value and refuses keys that it does not have.
func strictly(data []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(to); err != nil {
		return unread(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return unread(fmt.Errorf("there is more than one value"))
	}
	return nil
}

// errNumber refuses an identity number in what somebody writes: cases are not encrypted at rest.
func errNumber() error {
	return fault.New(fault.Invalid, "内容里有身份证号。办件不存放身份证号，请删去后再办。", "there is an identity number in it: cases keep none, take it out")
}

// clean refuses a form or an act with an identity number in it.
func clean(said any) error {
	text, err := json.Marshal(said)
	if err != nil {
		return err
	}
	if vault.Holds(text) {
		return errNumber()
	}
	return nil
}

func unread(err error) error {
	return fault.New(fault.Invalid, fmt.Sprintf("JSON 读不懂：%v", err), fmt.Sprintf("the JSON cannot be read: %v", err))
}

// textOf is a text, number or truth as a form has it.
func textOf(v json.RawMessage) (string, error) {
	var s string
	if json.Unmarshal(v, &s) == nil {
		return s, nil
	}
	var yes bool
	if json.Unmarshal(v, &yes) == nil {
		return map[bool]string{true: "是", false: "否"}[yes], nil
	}
	var n json.Number
	if err := json.Unmarshal(v, &n); err != nil {
		return "", fmt.Errorf("a text, a number, true or false is needed")
	}
	return n.String(), nil
}

func rowsOf(v json.RawMessage) (list []map[string]string, err error) {
	var rows []map[string]json.RawMessage
	if err := json.Unmarshal(v, &rows); err != nil {
		return nil, fmt.Errorf("a list of rows is needed")
	}
	for _, r := range rows {
		own := map[string]string{}
		for k, x := range r {
			if own[k], err = textOf(x); err != nil {
				return nil, fmt.Errorf("%s: %w", k, err)
			}
		}
		list = append(list, own)
	}
	return list, nil
}

// filesOf reads names of files, or files with their hash and size.
func filesOf(v json.RawMessage) (list []matter.File, err error) {
	var items []json.RawMessage
	if err := json.Unmarshal(v, &items); err != nil {
		return nil, fmt.Errorf("a list of files is needed")
	}
	for _, x := range items {
		var f matter.File
		if json.Unmarshal(x, &f.Name) != nil {
			if err := strictly(x, &f); err != nil {
				return nil, err
			}
		}
		list = append(list, f)
	}
	return list, nil
}
