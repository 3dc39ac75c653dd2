package fact

import "testing"

// A short value is looked for inside others only when it is a name.
func TestGone(t *testing.T) {
	for _, x := range []struct {
		value    string
		personal bool
		text     string
		want     bool
	}{
		{"13800138000", true, "电话13800138000", true},
		{"王五", true, "问过王五", true},
		{"王五", false, "问过王五", false},
		{"王五", false, "王五", true},
		{"12", true, "2012年", false},
		{"12", true, "12", true},
		{"王", true, "王五", false},
		{"", true, "", false},
		{"王A", true, "王A说", false},
	} {
		s := Gone{Value: x.value, Personal: x.personal}
		if got := s.In(x.text); got != x.want {
			t.Errorf("%+v: %v", x, got)
		}
		if got := s.Without(x.text, "…") != x.text; got != x.want {
			t.Errorf("%+v is left as it is: %v", x, !got)
		}
	}
}
