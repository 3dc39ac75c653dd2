package audit

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/transparency-dev/merkle/proof"

	"eyas/internal/fault"
)

// Evidence proves, without any database, that an entry is sealed by a head of the log, or that one head of the log contains
// an earlier one. It is a small file of JSON: the entry, the head, and the hashes of RFC 9162 that lead from the one to the
// other, 32 bytes for each time that the log has doubled. A million entries need 20 of them, 640 bytes.
type Evidence struct {
	Format  string         `json:"eyas_proof"`
	Hash    Hash           `json:"hash"`
	Entry   *EvidenceEntry `json:"entry,omitempty"`
	Earlier string         `json:"earlier,omitempty"` // the earlier head, as people note it
	Head    string         `json:"head"`              // as people note it
	Path    string         `json:"path"`              // the hashes one after the other, in base64
}

// EvidenceEntry is an entry as it is sealed.
type EvidenceEntry struct {
	Seq     int64     `json:"seq"`
	At      time.Time `json:"at"`
	Actor   string    `json:"actor"`
	Action  string    `json:"action"`
	Subject string    `json:"subject"`
	Detail  string    `json:"detail"`
	Prev    string    `json:"prev,omitempty"` // of an entry of an older program
	Own     string    `json:"own,omitempty"`  // the same
}

const (
	evidenceFormat  = "1"
	largestEvidence = 1 << 20
)

// ProofOf makes the evidence of an entry. chained marks an entry of an older program.
func (h Hash) ProofOf(e Entry, chained bool, head Head, path [][]byte) *Evidence {
	x := &EvidenceEntry{Seq: e.Seq, At: e.At.UTC(), Actor: e.Actor, Action: e.Action, Subject: e.Subject, Detail: e.Detail}
	if chained {
		x.Prev, x.Own = e.Prev, e.Hash
	}
	return &Evidence{Format: evidenceFormat, Hash: h, Entry: x, Head: head.Point().String(), Path: base64.StdEncoding.EncodeToString(bytes.Join(path, nil))}
}

// ProofBetween makes the evidence that a head contains an earlier one.
func (h Hash) ProofBetween(earlier, head Head, path [][]byte) *Evidence {
	return &Evidence{Format: evidenceFormat, Hash: h, Earlier: earlier.Point().String(), Head: head.Point().String(), Path: base64.StdEncoding.EncodeToString(bytes.Join(path, nil))}
}

// JSON returns the file of the evidence.
func (x *Evidence) JSON() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	err := enc.Encode(x)
	return b.Bytes(), err
}

// ReadEvidence reads a file of evidence. The error is a fault when it is none.
func ReadEvidence(text []byte) (*Evidence, error) {
	var x Evidence
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&x); err != nil || len(text) > largestEvidence || x.Format != evidenceFormat || !x.Hash.Known() || (x.Entry == nil) == (x.Earlier == "") || dec.More() {
		return nil, fault.New(fault.Invalid, "这个文件不是存证文件，或由更新的版本写成。请给出从日志页下载的 JSON 文件。",
			"This file is no proof of an entry, or a newer version wrote it. Give the JSON file that was downloaded from the page of the log.").Wrap(err)
	}
	return &x, nil
}

// Check computes the hashes of the evidence. noted is a head that somebody noted; nil: none. The error is a fault with code
// Conflict when the evidence proves nothing, or proves something by another head.
func (x *Evidence) Check(noted *Point) error {
	head, ok := ParsePoint(x.Head)
	if !ok || head.Seq < 1 {
		return broken("日志头“"+x.Head+"”写得不对", "its head “"+x.Head+"” is not written as one")
	}
	root, err := hex.DecodeString(head.Hash)
	if err != nil {
		return broken("日志头写得不对", "its head is not written as one")
	}
	path, err := x.path()
	if err != nil {
		return err
	}
	earlier := Point{}
	if x.Entry != nil {
		err = x.checkEntry(head, root, path)
	} else {
		earlier, err = x.checkHeads(head, root, path)
	}
	if err != nil {
		return err
	}
	switch {
	case noted == nil, noted.Hash == head.Hash && (noted.Seq == 0 || noted.Seq == head.Seq):
		return nil
	case x.Entry == nil && noted.Hash == earlier.Hash && (noted.Seq == 0 || noted.Seq == earlier.Seq):
		return nil
	case noted.Seq == head.Seq:
		return broken(fmt.Sprintf("日志头 %d 与您记下的不同，日志被改写过", head.Seq), fmt.Sprintf("its head %d is not the one that you noted: the log was rewritten", head.Seq))
	}
	return fault.New(fault.Conflict, fmt.Sprintf("存证对应的日志头是 %s，不是您给出的 %s。请在条目页上按您记下的条数重新下载存证。", x.Head, noted),
		fmt.Sprintf("The proof leads to the head %s, not to %s. On the page of the entry, download the proof again for the number that you noted.", x.Head, noted))
}

func (x *Evidence) path() (list [][]byte, err error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(x.Path)
	if err != nil || len(raw)%x.Hash.Size() != 0 {
		return nil, broken("哈希路径不完整", "its hashes are not complete")
	}
	for ; len(raw) > 0; raw = raw[x.Hash.Size():] {
		list = append(list, raw[:x.Hash.Size()])
	}
	return list, nil
}

func (x *Evidence) checkEntry(head Point, root []byte, path [][]byte) error {
	e := Entry{Seq: x.Entry.Seq, At: x.Entry.At, Actor: x.Entry.Actor, Action: x.Entry.Action, Subject: x.Entry.Subject, Detail: x.Entry.Detail, Prev: x.Entry.Prev, Hash: x.Entry.Own}
	if e.Seq < 1 || e.Seq > head.Seq || !e.At.Equal(e.At.Truncate(time.Millisecond)) {
		return broken("条目的序号或时间不对", "the number or the time of the entry is not possible")
	}
	if proof.VerifyInclusion(x.Hash, uint64(e.Seq-1), uint64(head.Seq), x.Hash.Leaf(&e, e.Prev != "" || e.Hash != ""), path, root) != nil {
		return broken(fmt.Sprintf("第 %d 条与日志头 %s 对不上", e.Seq, head), fmt.Sprintf("entry %d does not lead to the head %s", e.Seq, head))
	}
	return nil
}

func (x *Evidence) checkHeads(head Point, root []byte, path [][]byte) (earlier Point, err error) {
	earlier, ok := ParsePoint(x.Earlier)
	before, _ := hex.DecodeString(earlier.Hash)
	if !ok || earlier.Seq < 1 || proof.VerifyConsistency(x.Hash, uint64(earlier.Seq), uint64(head.Seq), path, before, root) != nil {
		return earlier, broken(fmt.Sprintf("日志头 %s 不包含 %s", x.Head, x.Earlier), fmt.Sprintf("the head %s does not contain %s", x.Head, x.Earlier))
	}
	return earlier, nil
}

func broken(zh, en string) error {
	return fault.New(fault.Conflict, "存证不成立："+zh+"。", "The proof does not hold: "+en+".")
}
