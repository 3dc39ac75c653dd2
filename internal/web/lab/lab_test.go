package lab

import (
	"testing"
)

func TestShade(t *testing.T) {
	for _, c := range []struct{ value, largest, want int }{{0, 10, 0}, {1, 10, 1}, {2, 10, 1}, {3, 10, 2}, {10, 10, 5}, {-10, 10, -5}, {-1, 100, -1}, {5, 0, 0}} {
		if got := shade(c.value, c.largest); got != c.want {
			t.Errorf("shade(%d, %d) = %d, want %d", c.value, c.largest, got, c.want)
		}
	}
}
