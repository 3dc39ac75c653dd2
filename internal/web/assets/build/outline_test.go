package main

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestDecodeRing(t *testing.T) {
	// "@" is 0, "A" −1, "B" +1, "C" −2, "D" +2: a square of one step, then back.
	ring, err := decodeRing("@@BB@AA@@B", [2]int{1024, 2048})
	if err != nil {
		t.Fatal(err)
	}
	const step = 1.0 / 1024
	want := []point{{1 + step, 2 + step}, {1 + step, 2}, {1, 2}, {1, 2 + step}}
	if len(ring) != len(want) {
		t.Fatalf("got %d points, want %d", len(ring), len(want))
	}
	for i := range want {
		if ring[i] != want[i] {
			t.Errorf("point %d: got %v, want %v", i, ring[i], want[i])
		}
	}
	for _, bad := range []string{"", "@@", "@@BBB", "@@BB"} {
		if _, err := decodeRing(bad, [2]int{}); err == nil {
			t.Errorf("decodeRing(%q) was accepted", bad)
		}
	}
}

func TestUnzigzag(t *testing.T) {
	for in, want := range map[int]int{0: 0, 1: -1, 2: 1, 3: -2, 4: 2, 2001: -1001} {
		if got := unzigzag(in); got != want {
			t.Errorf("unzigzag(%d) = %d, want %d", in, got, want)
		}
	}
}

func TestDrawPathClosesRingsAndDropsRepeats(t *testing.T) {
	ring := []point{{0, 0}, {0.2, 0.1}, {3, 0}, {3, 4}}
	got := drawPath([][]point{ring}, func(p point) point { return p }, 1)
	if want := "M0 0l3 0 0 4z"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDrawMapRefusesWhatIsNotTheCity(t *testing.T) {
	one := `{"features":[{"id":"120101","geometry":{"type":"Polygon","coordinates":["@@BB@AA@@B"],"encodeOffsets":[[1,1]]},"properties":{"name":"和平区","cp":[117,39]}}]}`
	_, err := drawMap([]byte(one))
	if err == nil || !strings.Contains(err.Error(), "1 districts") {
		t.Errorf("got %v", err)
	}
	if _, err := drawMap(json.RawMessage(`{"features":[{"geometry":{"type":"Point"}}]}`)); err == nil {
		t.Error("a point was taken for an outline")
	}
}

func TestCentre(t *testing.T) {
	square := []point{{0, 0}, {4, 0}, {4, 2}, {0, 2}}
	for name, ring := range map[string][]point{"one way": square, "the other": {square[3], square[2], square[1], square[0]}} {
		if got := centre([][]point{{{9, 9}, {9.5, 9}, {9, 9.5}}, ring}); got != (point{2, 1}) {
			t.Errorf("%s round: got %v", name, got)
		}
	}
}
