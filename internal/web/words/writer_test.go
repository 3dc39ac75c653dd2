package words

import (
	"strings"
	"testing"

	"eyas/internal/figure"
	"eyas/internal/pack"

	"pgregory.net/rapid"
)

func TestMask(t *testing.T) {
	for in, want := range map[string]string{
		"13800000000": "138****0000", "022-12345678": "022*****5678", "张三": "张*", "欧阳小明": "欧***", "": "", "王": "*", "a@b.c": "a***c",
	} {
		if got := figure.Mask(in); got != want {
			t.Errorf("mask(%q) = %q, want %q", in, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`\PC{1,20}`).Draw(t, "text")
		if got := figure.Mask(s); strings.TrimSpace(s) != "" && !strings.Contains(got, "*") {
			t.Fatalf("mask(%q) = %q hides nothing", s, got)
		}
	})
}

func TestDecimal(t *testing.T) {
	for _, tt := range []struct {
		v    float64
		n    int
		want string
	}{{0, 2, "0"}, {-0.001, 2, "0"}, {1234.5, 2, "1,234.5"}, {-1234567.891, 2, "−1,234,567.89"}, {0.05, 2, "0.05"}, {999.999, 2, "1,000"}, {12, 0, "12"}} {
		if got := figure.Decimal(tt.v, tt.n); got != tt.want {
			t.Errorf("decimal(%v, %d) = %q, want %q", tt.v, tt.n, got, tt.want)
		}
	}
}

func TestAligned(t *testing.T) {
	money := &pack.Attribute{ID: "sales", Kind: pack.Money, Unit: "yuan"}
	for _, tt := range []struct {
		unit Unit
		fen  float64
		want string
	}{{InWan, 500000000, "500.00"}, {InWan, 123456, "0.12"}, {InYi, 1e10, "1.0000"}, {InYuan, 123450, "1,234.50"}, {InWan, 0, "0.00"}, {InWan, -15e6, "−15.00"}} {
		if got := (Writer{Money: tt.unit}).Aligned(money, tt.fen); got != tt.want {
			t.Errorf("%v fen in %s: %q, want %q", tt.fen, tt.unit, got, tt.want)
		}
	}
}

func TestPoints(t *testing.T) {
	if figure.Points(82, 82) != "82" || figure.Points(62, 78.5) != "62–78.5" {
		t.Error(figure.Points(82, 82), figure.Points(62, 78.5))
	}
}
