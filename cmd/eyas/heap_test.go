package main

import "testing"

// A large heap has a quarter of headroom, a small one so much that it is not collected for every few pages.
func TestHeapPercent(t *testing.T) {
	for _, c := range []struct {
		live uint64
		want int
	}{{0, 12800}, {64 << 20, 200}, {200 << 20, 64}, {512 << 20, 25}, {960 << 20, 25}} {
		if got := percentOf(c.live); got != c.want {
			t.Errorf("%d MB: %d %%, want %d", c.live>>20, got, c.want)
		}
	}
}
