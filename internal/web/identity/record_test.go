package identity

import "testing"

func TestColumnLetter(t *testing.T) {
	for n, want := range map[int]string{1: "A", 26: "Z", 27: "AA", 52: "AZ", 53: "BA", 702: "ZZ", 703: "AAA"} {
		if got := columnLetter(n); got != want {
			t.Errorf("columnLetter(%d) = %s, want %s", n, got, want)
		}
	}
}
