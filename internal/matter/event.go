package matter

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"eyas/internal/fault"
)

// Event records one act.
type Event struct {
	Seq     int             `json:"seq"`
	At      time.Time       `json:"at"`
	Person  Person          `json:"person"`
	Act     Act             `json:"act"`               // without the form, which is in the change
	Digest  string          `json:"digest,omitempty"`  // of the act as it was asked for; only with a key
	Form    int             `json:"form"`              // version of the form that was seen
	Verdict json.RawMessage `json:"verdict,omitempty"` // what the rule said then
	Change  Change          `json:"change"`
}

// Change is what an act changed: the new state of each part that is not as before.
type Change struct {
	Head   *Head    `json:"head,omitempty"`
	Form   *Form    `json:"form,omitempty"`
	Visits []*Visit `json:"visits,omitempty"`
}

// Fold applies events to a case, in their order. It changes neither.
func Fold(c *Case, events ...Event) (*Case, error) {
	next := copied(c)
	for i := range events {
		e := &events[i]
		if e.Seq != next.Seq+1 {
			return nil, fmt.Errorf("matter.Fold(case %d): event %d follows event %d", c.ID, e.Seq, next.Seq)
		}
		own := copied(&e.Change)
		if own.Head != nil {
			next.Head = *own.Head
		}
		if own.Form != nil {
			next.Form = *own.Form
		}
		for _, v := range own.Visits {
			switch {
			case v.ID >= 1 && v.ID <= len(next.Visits):
				next.Visits[v.ID-1] = v
			case v.ID == len(next.Visits)+1:
				next.Visits = append(next.Visits, v)
			default:
				return nil, fmt.Errorf("matter.Fold(case %d): event %d has visit %d, but the case has %d", c.ID, e.Seq, v.ID, len(next.Visits))
			}
		}
		next.Seq = e.Seq
		if e.Act.Key != "" {
			if next.Keys == nil {
				next.Keys = map[string]Do{}
			}
			next.Keys[e.Act.Key] = Do{Seq: e.Seq, Digest: e.Digest}
		}
	}
	return next, nil
}

// copied is a deep copy. What cases are made of can be written as JSON.
func copied[T any](x *T) *T {
	text, err := json.Marshal(x)
	if err != nil {
		panic(err)
	}
	y := new(T)
	if err := json.Unmarshal(text, y); err != nil {
		panic(err)
	}
	return y
}

// changed is the change from one state of a case to another one.
func changed(before, after *Case) (c Change) {
	if differs(before.Head, after.Head) {
		c.Head = &after.Head
	}
	if differs(before.Form, after.Form) {
		c.Form = &after.Form
	}
	for i, v := range after.Visits {
		if i >= len(before.Visits) || differs(before.Visits[i], v) {
			c.Visits = append(c.Visits, v)
		}
	}
	return *copied(&c)
}

func differs(a, b any) bool {
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	if err1 != nil || err2 != nil {
		panic(fmt.Sprint(err1, err2))
	}
	return !bytes.Equal(x, y)
}

// digest is of what an act asks for and of who asks, without what the person had seen.
func (a Act) digest(p Person) string {
	if a.Key == "" {
		return ""
	}
	a.Seen = 0
	text, err := json.Marshal(struct {
		Act    Act
		Person string
	}{a, p.ID})
	if err != nil {
		panic(err) // strings and numbers have a text
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:12])
}

// Again finds the event of an act that was done before with the same key; seq is 0 when there is none. The same key with another
// content, or of another person, is refused.
func (c *Case) Again(a Act, p Person) (seq int, err error) {
	if a.Key == "" {
		return 0, nil
	}
	d, found := c.Keys[a.Key]
	if !found {
		return 0, nil
	}
	if d.Digest != a.digest(p) {
		return 0, fault.New(fault.Conflict, "这个键已用于另一次办理，内容不同。请换一个键。", "this key was used for another act with other content: choose another key")
	}
	return d.Seq, nil
}
