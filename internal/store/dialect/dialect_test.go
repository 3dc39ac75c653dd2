package dialect

import "testing"

func TestDollars(t *testing.T) {
	for text, want := range map[string]string{
		"SELECT 1":                     "SELECT 1",
		"a = ? AND b = ?":              "a = $1 AND b = $2",
		"a = '?' AND b = ?":            "a = '?' AND b = $1",
		"a = 'it''s ?' AND b IN (?,?)": "a = 'it''s ?' AND b IN ($1,$2)",
		`LIKE ? ESCAPE '\' AND c = ?`:  `LIKE $1 ESCAPE '\' AND c = $2`,
	} {
		if got := dollars(text); got != want {
			t.Errorf("%s: %s", text, got)
		}
	}
	if got := Marks(2, 3); got != "(?,?,?),(?,?,?)" {
		t.Error(got)
	}
}
