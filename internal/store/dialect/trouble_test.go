package dialect

import (
	"strings"
	"testing"

	"eyas/internal/fault"
)

// What SQLite says by its numbers.
func TestSQLiteSentences(t *testing.T) {
	for _, x := range []struct {
		code int
		want fault.Code
		word string
	}{
		{8, fault.Forbidden, "read-only"}, {8 | 4<<8, fault.Forbidden, "read-only"}, {10 | 3<<8, fault.Unavailable, "disk or network drive"},
		{11, fault.Unavailable, "restore it from a backup"}, {13, fault.Unavailable, "full"}, {5, fault.Conflict, "did not finish"}, {14, fault.Forbidden, "permissions"},
		{18, fault.Invalid, "too long"}, {7, fault.Unavailable, "memory"},
	} {
		got, ok := sqliteTrouble(x.code)
		if !ok || got.Code != x.want || !strings.Contains(got.EN, x.word) {
			t.Errorf("%d: %+v", x.code, got)
		}
	}
}

func TestPostgresSentences(t *testing.T) {
	for code, word := range map[string]string{"53300": "too many connections", "28P01": "password", "53100": "full", "57P03": "starting", "55P03": "did not finish", "22021": "NUL"} {
		if got, ok := postgresTrouble(code); !ok || !strings.Contains(got.EN, word) || got.ZH == "" {
			t.Errorf("%s: %+v", code, got)
		}
	}
}
