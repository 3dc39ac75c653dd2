package cell

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestUSCC(t *testing.T) {
	for _, c := range []struct {
		in, code string
		state    State
	}{
		{"91110000600037341L", "91110000600037341L", GoodCode},
		{"91 110000 600037341L", "91110000600037341L", GoodCode},
		{" 91110000600037341l\t", "91110000600037341L", GoodCode},
		{"９１１１００００６０００３７３４１Ｌ", "91110000600037341L", GoodCode},
		{"'91110000600037341L", "91110000600037341L", GoodCode},
		{`="91110000600037341L"`, "91110000600037341L", GoodCode},
		{"91110000600037341N", "91110000600037341N", BadCheck},
		{"A1110000600037341L", "A1110000600037341L", BadCheck},
		{"91350211M00013FA1N", "91350211M00013FA1N", BadCheck},
		{"9111000060003IOZSV", "", NoCode}, {"12345", "", NoCode}, {"120120004013590000", "", NoCode}, {"91110000600037341", "", NoCode}, {"91110000600037341L1", "", NoCode},
		{"1.20120004013591E+17", "", NoCode}, {"无", "", NoCode}, {"370725600028870", "", NoCode}, {"", "", NoCode},
	} {
		code, state := USCC([]byte(c.in), nil)
		if state != c.state || state != NoCode && string(code) != c.code {
			t.Errorf("USCC(%q) = %q, %d", c.in, code, state)
		}
	}
}

func TestWarnAndReject(t *testing.T) {
	w := Warn("91110000600037341N")
	for _, want := range []string{"应为 L", "现为 N"} {
		if !strings.Contains(w.ZH, want) {
			t.Errorf("%q lacks %q", w.ZH, want)
		}
	}
	for in, want := range map[string]string{"9111000060003IOZSV": "（是否应为 1？）", "12345": "这里有 5 位", "1.20120004013591E+17": "数位已经丢失", "120120004013590000": "数位已经丢失", "天津": "这里有 2 位"} {
		code, _ := USCC([]byte(in), nil)
		if r := Reject(Unusable(code), false); !strings.Contains(r.ZH, want) || r.EN == "" {
			t.Errorf("Reject(%q) = %q", in, r.ZH)
		}
	}
}

// genUSCC draws a code with both check characters right.
func genUSCC(t *rapid.T) string {
	area := rapid.SampledFrom([]string{"120101", "120110", "120116", "110000", "370829", "440305"}).Draw(t, "area")
	for {
		org := rapid.StringMatching(`(MA[0-9A-HJ-NP-RTUW-Y]{6}|[0-9]{8})`).Draw(t, "organisation")
		for _, c := range "0X987654321" {
			code := rapid.SampledFrom([]string{"91", "92", "12", "52"}).Draw(t, "kind") + area + org + string(c)
			if organisationCode(code + "0") {
				return code + string(CheckCharacter(code))
			}
		}
	}
}

// TestSlipsNameTheTruth: the actual typing error is in the list, and every listed one gives a right code.
func TestSlipsNameTheTruth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		code := genUSCC(t)
		if _, state := USCC([]byte(code), nil); state != GoodCode {
			t.Fatalf("%s is no good code", code)
		}
		at := rapid.IntRange(8, 16).Draw(t, "at")
		wrong := code[:at] + string(alphabet[rapid.IntRange(0, 30).Draw(t, "wrong")]) + code[at+1:]
		want := Slip{at + 1, wrong[at : at+1], code[at : at+1]}
		if rapid.Bool().Draw(t, "swap") {
			wrong = code[:at] + code[at+1:at+2] + code[at:at+1] + code[at+2:]
			want = Slip{at + 1, wrong[at : at+2], code[at : at+2]}
		}
		if _, state := USCC([]byte(wrong), nil); state == GoodCode {
			t.Skip("no slip, or one that arithmetic cannot see")
		}
		slips := Slips(wrong)
		found := false
		for _, s := range slips {
			fixed := wrong[:s.At-1] + s.Meant + wrong[s.At-1+len(s.Meant):]
			if _, state := USCC([]byte(fixed), nil); state != GoodCode {
				t.Fatalf("%s: %+v does not mend it", wrong, s)
			}
			found = found || s == want
		}
		if !found && len(slips) < maxSlips {
			t.Fatalf("%s for %s: %+v lacks %+v", wrong, code, slips, want)
		}
	})
}

func TestVectors(t *testing.T) {
	path := filepath.Join("..", "..", "..", "..", "shared", "data", "uscc", "uscc_vectors.csv")
	file, err := os.Open(path)
	if err != nil {
		t.Skipf("no %s here", path)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]State{"ok": GoodCode, "checksum": BadCheck, "format": NoCode}
	for _, row := range rows[1:] {
		code, state := USCC([]byte(row[0]), nil)
		if state != want[row[2]] {
			t.Errorf("%s: state %d, want %s (%s)", row[0], state, row[2], row[4])
		}
		if state != NoCode && row[3] != "" && organisationCode(string(code)) != (row[3] == "ok") {
			t.Errorf("%s: organisation code, want %s", row[0], row[3])
		}
	}
	t.Logf("%d vectors", len(rows)-1)
}
