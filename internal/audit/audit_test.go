package audit

import (
	"errors"
	"testing"
	"time"
)

func log(n int) []Entry {
	var entries []Entry
	var last Entry
	for i := range n {
		last = Entry{
			At: time.Date(2021, 3, 31, 8, 0, i, 123_456_789, time.UTC), Actor: "local", Action: "import",
			Subject: "import/1", Detail: `{"rows":3}`,
		}.After(last)
		entries = append(entries, last)
	}
	return entries
}

func check(entries []Entry) (int64, error) {
	var c Chain
	for _, e := range entries {
		if err := c.Check(e); err != nil {
			return c.Last.Seq, err
		}
	}
	return c.Last.Seq, nil
}

func TestChainHolds(t *testing.T) {
	if n, err := check(log(5)); err != nil || n != 5 {
		t.Fatalf("checked %d: %v", n, err)
	}
	if n, err := check(nil); err != nil || n != 0 {
		t.Fatalf("an empty log: %d, %v", n, err)
	}
}

// Every single change to a log of five must be noticed, and at its place.
func TestChainBreaks(t *testing.T) {
	for name, spoil := range map[string]func(l []Entry) []Entry{
		"time":    func(l []Entry) []Entry { l[2].At = l[2].At.Add(time.Millisecond); return l },
		"actor":   func(l []Entry) []Entry { l[2].Actor = "other"; return l },
		"action":  func(l []Entry) []Entry { l[2].Action = "undo"; return l },
		"subject": func(l []Entry) []Entry { l[2].Subject = "import/2"; return l },
		"detail":  func(l []Entry) []Entry { l[2].Detail = `{"rows":4}`; return l },
		"hash":    func(l []Entry) []Entry { l[2].Hash = l[1].Hash; return l },
		"removed": func(l []Entry) []Entry { return append(l[:2], l[3:]...) },
		"first":   func(l []Entry) []Entry { return l[1:] },
		"twice":   func(l []Entry) []Entry { return append(l[:3:3], l[2:]...) },
		"swapped": func(l []Entry) []Entry { l[2], l[3] = l[3], l[2]; return l },
		// Bytes moved over the border of two fields hash differently.
		"border": func(l []Entry) []Entry { l[2].Actor, l[2].Action = "locali", "mport"; return l },
		// Whoever rewrites an entry and its own hash still breaks the link of the next one.
		"resealed": func(l []Entry) []Entry { l[2].Actor = "other"; l[2].Hash = l[2].sum(); return l },
	} {
		t.Run(name, func(t *testing.T) {
			_, err := check(spoil(log(5)))
			var broken *Broken
			if !errors.As(err, &broken) {
				t.Fatalf("not noticed: %v", err)
			}
		})
	}
}

// The hash must not change with the program: logs outlive it.
func TestHashIsStable(t *testing.T) {
	const want = "85fd76c79a98e221b4f11d1d9066d402bf68599faa3fc7f0f703fe327181b6a5"
	if got := log(2)[1].Hash; got != want {
		t.Errorf("hash of the second entry is %s, was %s", got, want)
	}
}

func TestAfterKeepsMilliseconds(t *testing.T) {
	e := log(1)[0]
	if e.At.Nanosecond() != 123_000_000 || e.At.Location() != time.UTC {
		t.Errorf("time is %v; a database keeps milliseconds", e.At)
	}
}
