package cell

import "testing"

func TestPlainCode(t *testing.T) {
	for in, want := range map[string]string{
		"RY-0001": "RY-0001", " ｒｙ－０００１ ": "RY-0001", "'0012": "0012", `="0012"`: "0012", "津科〔2020〕12号": "津科(2020)12号", "1E5": "1E5",
	} {
		if code, state := PlainCode([]byte(in)); string(code) != want || state != GoodCode {
			t.Errorf("%q is %q (%v), not %q", in, code, state, want)
		}
	}
	long := make([]byte, LongestPlain+1)
	for i := range long {
		long[i] = '1'
	}
	for _, in := range []string{"", "——", "1.20120004E+17", string(long)} {
		code, state := PlainCode([]byte(in))
		if state != NoCode {
			t.Errorf("%q is the code %q", in, code)
		}
		if why := Reject(UnusablePlain(code), true); why.ZH == "" || why.EN == "" {
			t.Errorf("%q: no reason", in)
		}
	}
}

func FuzzPlainCode(f *testing.F) {
	f.Add([]byte("='ＲＹ－１"))
	f.Fuzz(func(t *testing.T, b []byte) {
		code, state := PlainCode(b)
		if again, s := PlainCode(code); state == GoodCode && (s != GoodCode || string(again) != string(code)) {
			t.Errorf("%q is %q, and that is %q", b, code, again)
		}
	})
}
