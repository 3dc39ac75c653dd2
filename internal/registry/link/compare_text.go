package link

import "eyas/internal/registry/link/orgname"

// trades compares trade names. a[:ka] and b[:kb] are the trade names in the cores a and b. common is the length of the
// trade name that both have if their cuts differ; else 0.
func (c *comparer) trades(a []rune, ka int, b []rune, kb int) (level uint8, common int) {
	ka, kb = min(ka, len(a)), min(kb, len(b))
	if ka == 0 || kb == 0 {
		return tradeDiffers, 0
	}
	longest := max(ka, kb)
	same := 0
	for same < min(len(a), len(b)) && a[same] == b[same] {
		same++
	}
	if same >= longest || same == min(len(a), len(b)) && same >= min(ka, kb) {
		return tradeSame, min(same, longest)
	}
	ta, tb := a[:ka], b[:kb]
	if ka != kb { // different cuts: compare the shorter one, if the other name continues in the same way
		k := min(ka, kb)
		if d := c.distance(a[:k], b[:k]); d == 0 {
			if longest-k == 1 {
				return tradeSlip, 0
			}
			return tradeSame, k
		}
		if m := longest; m <= len(a) && m <= len(b) && soundAlike(a[:m], b[:m]) {
			return tradeAlike, m
		}
	} else if soundAlike(ta, tb) {
		return tradeAlike, 0
	}
	d := c.distance(ta, tb)
	switch {
	case d == 1 && longest >= 3:
		return tradeSlip, 0
	case swapped(ta, tb):
		return tradeSlip, 0
	case ka >= 2 && contains(b, ta) || kb >= 2 && contains(a, tb):
		return tradeElsewhere, 0
	case 2*d <= longest && opening(ta, tb) > 0:
		return tradeHalf, 0
	}
	return tradeDiffers, 0
}

func soundAlike(a, b []rune) bool {
	for i := range a {
		if !orgname.Alike(a[i], b[i]) {
			return false
		}
	}
	return true
}

func contains(r, part []rune) bool {
	for i := 0; i+len(part) <= len(r); i++ {
		same := true
		for k := range part {
			if r[i+k] != part[k] {
				same = false
				break
			}
		}
		if same {
			return true
		}
	}
	return false
}

// businesses compares the lines of business: what follows the trade names.
func (c *comparer) businesses(a, b []rune) uint8 {
	switch {
	case len(a) == 0 && len(b) == 0:
		return businessNone
	case len(a) == 0 || len(b) == 0:
		return businessOne
	case len(a) == len(b) && soundAlike(a, b):
		return businessSame
	}
	short, long := a, b
	if len(a) > len(b) {
		short, long = b, a
	}
	shared := c.shared(short, long)
	switch {
	case shared == len(short), len(long) >= 4 && shared >= len(long)-1:
		return businessMore
	case 2*shared >= len(long) || shared >= 2 && 3*shared >= 2*len(short):
		return businessPart
	}
	return businessDiffers
}

// shared returns the length of the longest common subsequence. Characters that sound or look alike count as equal.
func (c *comparer) shared(a, b []rune) int {
	a, b = a[:min(len(a), len(c.row)-1)], b[:min(len(b), len(c.row)-1)]
	row, last := c.row[:len(b)+1], c.last[:len(b)+1]
	clear(last)
	for i := range a {
		row[0] = 0
		for k := range b {
			if orgname.Alike(a[i], b[k]) {
				row[k+1] = last[k] + 1
			} else {
				row[k+1] = max(row[k], last[k+1])
			}
		}
		row, last = last, row
	}
	return int(last[len(b)])
}

// distance returns the edit distance (Levenshtein).
func (c *comparer) distance(a, b []rune) int {
	a, b = a[:min(len(a), len(c.row)-1)], b[:min(len(b), len(c.row)-1)]
	row, last := c.row[:len(b)+1], c.last[:len(b)+1]
	for k := range last {
		last[k] = uint8(k)
	}
	for i := range a {
		row[0] = uint8(i + 1)
		for k := range b {
			d := last[k]
			if a[i] != b[k] {
				d++
			}
			row[k+1] = min(d, row[k]+1, last[k+1]+1)
		}
		row, last = last, row
	}
	return int(last[len(b)])
}

// swapped reports whether two texts differ only by two swapped neighbours.
func swapped(a, b []rune) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && string(a[i+2:]) == string(b[i+2:])
		}
	}
	return false
}
