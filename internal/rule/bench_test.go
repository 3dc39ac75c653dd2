package rule

import (
	"math/rand/v2"
	"testing"
)

func BenchmarkScreenTestRule(b *testing.B) {
	p := testPack(scoredRule())
	s, err := Compile(p)
	if err != nil {
		b.Fatal(err)
	}
	tab := testTable(p.Registers[0], 200_000, rand.New(rand.NewPCG(1, 1)))
	sc, err := s.prepare(tab, Options{Date: testDay}, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := sc.run(1); err != nil {
			b.Fatal(err)
		}
	}
}
