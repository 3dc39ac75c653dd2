package judge

import "math"

// student returns the logarithm of the density of Student's t distribution with three degrees of freedom, without its
// constant. z is in units of the spread.
func student(z float64) float64 { return -2 * math.Log1p(z*z/3) }

// weigh scores a statement alone for every shift.
func (j *Judge) weigh(r *bound, s *statement, level float64) {
	n, firm := 0, false
	s.own = [units]float64{}
	for _, c := range s.cells {
		firm = firm || !r.nearNothing[c.at]
	}
	if !firm { // amounts that can be near zero say nothing about the unit
		for u := 1; u < units; u++ {
			s.own[u] = math.Inf(-1)
		}
		return
	}
	for _, c := range s.cells {
		m, heads, ok := j.peersAt(r, c, s.year)
		if !ok {
			continue
		}
		n++
		for u, shift := range shifts {
			s.own[u] += student((c.log + float64(shift) - math.Log10(heads) - m.median) / m.spread)
		}
	}
	for u, shift := range shifts {
		if n > 0 {
			s.own[u] *= level / math.Sqrt(float64(n)) // the columns of a row are partly the same evidence
		}
		s.own[u] -= j.unpaid(r, s, shift)
	}
}

// change scores the change between two statements for every difference of their shifts.
func (j *Judge) change(r *bound, a, b *statement) (scores changes) {
	n := 0
	for _, c := range b.cells {
		before := a.cell(c.at)
		if before == nil {
			continue
		}
		n++
		usual := j.usual.series[r.series+c.at].yearly * math.Sqrt(float64(b.year-a.year))
		for d := range scores {
			if reached[d] {
				scores[d] += student((c.log + float64(d-widest) - before.log) / usual)
			}
		}
	}
	if n > 0 {
		for d := range scores {
			scores[d] /= math.Sqrt(float64(n)) // the columns of a row are partly the same evidence
		}
	}
	return scores
}

// reached tells which differences two shifts can have. Indexes are offset by widest.
var reached = func() (is [2*widest + 1]bool) {
	for _, a := range shifts {
		for _, b := range shifts {
			is[a-b+widest] = true
		}
	}
	return is
}()

// latest returns the best end of a path. If two years differ by a unit and nothing tells which is wrong, the later one
// is doubted, because it is the newer information.
func latest(at *[units]float64) (end int) {
	for u := range units {
		if d := at[u] - at[end]; d > 1e-9 || d > -1e-9 && end == 0 {
			end = u
		}
	}
	return end
}

// path finds the most likely unit of every statement. For each habit of the subject, it finds the best path by dynamic
// programming (Viterbi, 1967), and then takes the best habit.
func (t *trellis) path(rare float64) (best []int, score float64) {
	score = math.Inf(-1)
	if cap(t.back) < len(t.statements) {
		t.back = make([][units]int, len(t.statements))
	}
	t.back = t.back[:len(t.statements)]
	best = t.unit[:0]
	for habit := range units {
		var at, next [units]float64
		for u := range units {
			at[u] = t.statements[0].own[u]
			if u != habit {
				at[u] += rare
			}
		}
		for i := 1; i < len(t.statements); i++ {
			for u := range units {
				next[u] = math.Inf(-1)
				for v := range units {
					if x := at[v] + t.steps[i].at(v, u); x > next[u]+1e-9 {
						next[u], t.back[i][u] = x, v
					}
				}
				next[u] += t.statements[i].own[u]
				if u != habit {
					next[u] += rare
				}
			}
			at = next
		}
		end := latest(&at)
		total := at[end]
		if habit != 0 {
			total += rare
		}
		if total <= score+1e-9 {
			continue
		}
		score = total
		best = best[:0]
		for range t.statements {
			best = append(best, 0)
		}
		for i := len(t.statements) - 1; i >= 0; i-- {
			best[i] = end
			end = t.back[i][end]
		}
	}
	t.unit = best
	return best, score
}

// right returns the score of the explanation that all statements are right.
func (t *trellis) right() float64 {
	sum := t.statements[0].own[0]
	for i := 1; i < len(t.statements); i++ {
		sum += t.statements[i].own[0] + t.steps[i].at(0, 0)
	}
	return sum
}
