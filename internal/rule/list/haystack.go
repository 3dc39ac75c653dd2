package list

import (
	"bytes"
	"sort"

	"eyas/internal/rule/col"
)

// haystack is a text column to look for parts of texts in. The texts of all rows lie end to end, so that one scan
// at the speed of memory goes over all of them.
type haystack struct {
	col.Strings
	often [256]int // how often each byte comes up, from a sample
}

// sampleBytes is how much of a haystack is counted to know its rare bytes.
const sampleBytes = 1 << 18

func newHaystack(s col.Strings) *haystack {
	h := &haystack{Strings: s}
	for _, c := range s.Bytes[:min(len(s.Bytes), sampleBytes)] {
		h.often[c]++
	}
	return h
}

// find calls fn, in ascending order, for every row that has the needle at or after some place; at is where in the
// row it is met first. fn returns false to stop.
func (h *haystack) find(needle []byte, fn func(row, at int) bool) {
	if len(needle) == 0 {
		return
	}
	// Looking for the needle's rarest byte, with the machine's own search for a byte, beats looking for its first.
	rare := 0
	for i, c := range needle {
		if h.often[c] < h.often[needle[rare]] {
			rare = i
		}
	}
	row, pos := 0, 0 // pos is where the next match may begin
	misses := 0
	for pos+len(needle) <= len(h.Bytes) {
		if misses > 16+pos>>4 {
			// No byte of the needle is rare, as in numbers: the machine's search for a whole text is quicker then.
			i := bytes.Index(h.Bytes[pos:], needle)
			if i < 0 {
				return
			}
			pos += i
		} else {
			i := bytes.IndexByte(h.Bytes[pos+rare:], needle[rare])
			if i < 0 {
				return
			}
			pos += i
			if pos+len(needle) > len(h.Bytes) {
				return
			}
			if string(h.Bytes[pos:pos+len(needle)]) != string(needle) {
				pos++
				misses++
				continue
			}
		}
		row = h.rowAt(uint32(pos), row)
		if end := int(h.Off[row+1]); pos+len(needle) > end {
			pos++ // across the border of two rows
			continue
		}
		if !fn(row, pos-int(h.Off[row])) {
			return
		}
		pos = int(h.Off[row+1])
		row++
	}
}

// begin calls fn, in ascending order, for every row from one on that begins with the needle. fn returns false to stop.
func (h *haystack) begin(from int, needle []byte, fn func(row int) bool) {
	for row := from; row < len(h.Off)-1; row++ {
		if lo, hi := h.Off[row], h.Off[row+1]; int(hi-lo) >= len(needle) && string(h.Bytes[lo:int(lo)+len(needle)]) == string(needle) && !fn(row) {
			return
		}
	}
}

// rowAt finds the row that a byte belongs to, looking from a row on: a few steps when it is near, doubling when not.
func (h *haystack) rowAt(pos uint32, from int) int {
	step, lo := 1, from
	for lo+step < len(h.Off)-1 && h.Off[lo+step] <= pos {
		lo += step
		step *= 2
	}
	hi := min(lo+step, len(h.Off)-1)
	// The row is the last in [lo, hi) that begins at or before pos; empty rows begin where the next one does.
	return lo + sort.Search(hi-lo, func(i int) bool { return h.Off[lo+i+1] > pos })
}
