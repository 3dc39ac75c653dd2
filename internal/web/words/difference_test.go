package words

import "testing"

func TestDifferences(t *testing.T) {
	for _, c := range [][4]string{
		{"天津市甲公司", "天津甲公司", "天津[市]甲公司", "天津甲公司"},
		{"甲", "乙", "[甲]", "[乙]"},
		{"甲", "", "甲", ""},
		{"同", "同", "同", "同"},
		{"东平县顺康", "东平顺康沙石", "东平[县]顺康", "东平顺康[沙石]"},
	} {
		l, r := Differences(c[0], c[1])
		write := func(parts []Part) (out string) {
			for _, p := range parts {
				if p.Found {
					out += "[" + p.Text + "]"
				} else {
					out += p.Text
				}
			}
			return out
		}
		if write(l) != c[2] || write(r) != c[3] {
			t.Errorf("%s and %s: %s, %s", c[0], c[1], write(l), write(r))
		}
	}
}
