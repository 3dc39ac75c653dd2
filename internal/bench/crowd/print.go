package main

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// print prints how long people waited, by kind of request and in all, and returns how many answers there were.
func print(crowd []*person, took time.Duration) (all int) {
	served, later := map[string][]time.Duration{}, map[string]int{}
	var wrong []string
	var slowest []wait
	for _, p := range crowd {
		wrong = append(wrong, p.wrong...)
		for _, w := range p.waits {
			all++
			if w.later {
				later[w.kind]++
				later["all"]++
				continue
			}
			slowest = append(slowest, w)
			served[w.kind] = append(served[w.kind], w.took)
			served["all"] = append(served["all"], w.took)
		}
	}
	fmt.Printf("%d answers in %s, %.1f a second; %d to come again later, %d wrong\n", all, took.Round(time.Second), float64(all)/took.Seconds(), later["all"], len(wrong))
	fmt.Printf("%-8s %8s %8s %8s %8s %8s %8s\n", "", "served", "later", "median", "p90", "p99", "longest")
	for _, kind := range []string{"page", "search", "subject", "form", "save", "export", "all"} {
		list := served[kind]
		if len(list) == 0 && later[kind] == 0 {
			continue
		}
		slices.Sort(list)
		fmt.Printf("%-8s %8d %8d %8s %8s %8s %8s\n", kind, len(list), later[kind], at(list, 0.5), at(list, 0.9), at(list, 0.99), at(list, 1))
	}
	slices.SortFunc(slowest, func(a, b wait) int { return cmp.Compare(b.took, a.took) })
	for _, w := range slowest[:min(5, len(slowest))] {
		fmt.Printf("slow: %s %s\n", w.took.Round(time.Millisecond), w.at)
	}
	for i, w := range wrong {
		if i == 20 {
			fmt.Println("…")
			break
		}
		fmt.Println("wrong:", w)
	}
	return all
}

// at is the wait that a part of all waits do not exceed.
func at(sorted []time.Duration, part float64) string {
	if len(sorted) == 0 {
		return "–"
	}
	i := min(len(sorted)-1, int(part*float64(len(sorted))))
	return sorted[i].Round(100 * time.Microsecond).String()
}
