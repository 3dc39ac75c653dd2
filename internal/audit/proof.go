package audit

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
)

// Digest is a SHA-256 hash.
type Digest [32]byte

// String returns the digest in hexadecimal.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// Proof is what an entry proves about the rows that its transaction wrote. It stands in the entry's detail under "proof",
// so that the hash of the entry covers it. Every entry after the baseline of a base has a proof, which may be empty.
type Proof struct {
	Rows     int              `json:"rows,omitempty"`     // how many digests of rows were kept
	Root     string           `json:"root,omitempty"`     // over those, hexadecimal
	Blocks   int              `json:"blocks,omitempty"`   // how many blocks of source records were added
	Records  string           `json:"records,omitempty"`  // over the digests of the blocks, hexadecimal
	Counters map[string]int64 `json:"counters,omitempty"` // values after the transaction, of those that it moved
}

const (
	proofKey = `"proof":`
	packKey  = `"pack":`
)

// WithProof adds p to the entry's detail, which must be a JSON object or empty.
func (e Entry) WithProof(p Proof) (Entry, error) { return e.with(proofKey, p) }

// WithPack adds the mark of the pack that profiles were derived with to the entry's detail.
func (e Entry) WithPack(mark string) (Entry, error) { return e.with(packKey, mark) }

func (e Entry) with(key string, value any) (Entry, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return e, err
	}
	open, closed := strings.CutSuffix(strings.TrimSpace(e.Detail), "}")
	switch {
	case e.Detail == "":
		e.Detail = "{" + key + string(text) + "}"
	case !closed || !strings.HasPrefix(open, "{"):
		return e, fmt.Errorf("audit: the detail of %s %s is no JSON object: %s", e.Action, e.Subject, e.Detail)
	case strings.TrimSpace(open) == "{":
		e.Detail = "{" + key + string(text) + "}"
	default:
		e.Detail = open + "," + key + string(text) + "}"
	}
	return e, nil
}

// Pack reads what WithPack wrote; empty when the entry has none.
func (e Entry) Pack() string {
	var detail struct {
		Pack string `json:"pack"`
	}
	if !strings.Contains(e.Detail, packKey) || json.Unmarshal([]byte(e.Detail), &detail) != nil {
		return ""
	}
	return detail.Pack
}

// Proof reads what WithProof wrote; found is false for an entry of a program that kept no digests.
func (e Entry) Proof() (p Proof, found bool) {
	if !strings.Contains(e.Detail, proofKey) {
		return p, false
	}
	var detail struct {
		Proof *Proof `json:"proof"`
	}
	if err := json.Unmarshal([]byte(e.Detail), &detail); err != nil || detail.Proof == nil {
		return p, false
	}
	return *detail.Proof, true
}

// AppendText appends the length of a text and the text, so that a sequence of texts can be split in one way only.
func AppendText(to []byte, s string) []byte {
	return append(AppendNumber(to, int64(len(s))), s...)
}

// AppendNumber appends a number as eight bytes.
func AppendNumber(to []byte, n int64) []byte {
	return binary.BigEndian.AppendUint64(to, uint64(n))
}

// Point is the head of a log noted outside the base: the number of sealed entries and their root. For the chain of older
// programs it is the number of an entry and its hash.
type Point struct {
	Seq  int64 // 0: not said
	Hash string
}

// String returns a point in the form that people note: 12:9f86d0…
func (p Point) String() string { return fmt.Sprintf("%d:%s", p.Seq, p.Hash) }

// ParsePoint parses what String returns, or a hash alone. The hash must be complete.
func ParsePoint(text string) (p Point, ok bool) {
	number, hash, numbered := strings.Cut(strings.TrimSpace(text), ":")
	if !numbered {
		number, hash = "", number
	}
	if numbered {
		if _, err := fmt.Sscanf(number, "%d", &p.Seq); err != nil || p.Seq < 0 || fmt.Sprint(p.Seq) != number {
			return p, false
		}
		if p.Seq == 0 && hash == "" { // the head of an empty log
			return p, true
		}
	}
	p.Hash = strings.ToLower(hash)
	raw, err := hex.DecodeString(p.Hash)
	return p, err == nil && len(raw) == len(Digest{})
}

// Problem is a difference between the base and the log. The sentences say what differs, where, and which entry proves the
// expected state.
type Problem struct {
	What   string `json:"what"` // for scripts: log.changed, record.removed, merge.inserted …
	Entry  int64  `json:"entry,omitempty"`
	Import int64  `json:"import,omitempty"`
	File   string `json:"file,omitempty"`
	Sheet  string `json:"sheet,omitempty"`
	Row    int    `json:"row,omitempty"` // as a spreadsheet numbers it
	Record int64  `json:"record,omitempty"`
	Key    string `json:"key,omitempty"` // of other things: the number of a merge, a counter's name …
	ZH     string `json:"zh"`
	EN     string `json:"en"`
}
