package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// The heap of a server is mostly columns that live as long as it does. A quarter of headroom instead of the
// whole heap again keeps a million enterprises well under 1.5 GB; collecting is cheap, as columns hold no pointers. What
// does hold some is the same for every base: a small one would be collected every few pages for it, so that it has heapRoom.
const (
	heapPercent = 25
	heapRoom    = 128 << 20
)

// percentOf returns the percentage by which a heap with that many live bytes may grow.
func percentOf(live uint64) int {
	return max(heapPercent, int(heapRoom*100/max(live, 1<<20)))
}

// roomyHeap sets how far the heap may grow, now and after each collection.
func roomyHeap() {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	percent := 0
	set := func() {
		metrics.Read(live)
		if p := percentOf(live[0].Value.Uint64()); p != percent {
			percent = p
			debug.SetGCPercent(p)
		}
	}
	set()
	type collected struct{ _ *byte } // with a pointer: it shares its memory with nothing that lives on
	var again func(*collected)
	again = func(c *collected) {
		set()
		runtime.SetFinalizer(c, again)
	}
	runtime.SetFinalizer(&collected{}, again)
}
