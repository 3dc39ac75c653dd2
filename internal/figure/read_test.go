package figure

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	for _, tc := range []struct {
		text, unit, shown string
		value             float64
	}{
		{"2亿元", "money", "2亿元", 2e10}, {"5000万元", "money", "5000万元", 5e9}, {"0.01元", "money", "0.01元", 1}, {"1.15元", "money", "1.15元", 115},
		{"10亿美元", "money", "10亿美元", 1e11}, {"999999999.99美元", "money", "999999999.99美元", 99999999999}, {"30%", "percent", "30%", 0.3}, {"2.5%", "percent", "2.5%", 0.025}, {"0.07%", "percent", "0.07%", 0.0007},
		{"500人", "person", "500", 500}, {"3项", "item", "3", 3}, {"60分", "point", "60", 60}, {"365天", "day", "365", 365}, {"8年", "year", "8", 8},
		{"60", "", "60", 60}, {"-1元", "money", "-1元", -100}, {"4.9", "", "4.9", 4.9},
	} {
		f, err := Parse(tc.text)
		if err != nil || f != (Figure{tc.value, tc.unit, tc.shown}) {
			t.Errorf("%s is %+v, %v", tc.text, f, err)
		}
	}
	for _, text := range []string{"", "元", "亿元", "两亿元", "1,000", "1e3", "0x10", "1/3", "0.001元", "NaN", "1.", ".5", "--1", "3 %", "1_000", strings.Repeat("9", 31)} {
		if f, err := Parse(text); err == nil {
			t.Errorf("%q is read as %+v", text, f)
		}
	}
}

// A percentage is the double nearest to what is written, as Go reads the decimal.
func TestPercentIsRoundedOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 99999).Draw(t, "hundredths of a percent")
		digits := func(n, scale int) string {
			s := strings.Repeat("0", 9) + strconv.Itoa(n)
			s = strings.TrimLeft(s[:len(s)-scale], "0") + "." + s[len(s)-scale:]
			if s[0] == '.' {
				s = "0" + s
			}
			return s
		}
		f, err := Parse(digits(n, 2) + "%")
		if err != nil {
			t.Fatal(err)
		}
		if want := float64(n) / 10000; f.Value != want || math.Signbit(f.Value) {
			t.Fatalf("%s%% is %v, want %v", digits(n, 2), f.Value, want)
		}
	})
}
