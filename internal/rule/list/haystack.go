package list

import (
	"bytes"
	"sort"

	"eyas/internal/rule/col"
)

// haystack is a text column for substring search. The texts of all rows follow each other in one byte slice, so one
// scan covers them all.
type haystack struct {
	col.Strings
	often [256]int // frequency of each byte in a sample
}

// sampleBytes is the number of bytes that are counted to find rare ones.
const sampleBytes = 1 << 18

func newHaystack(s col.Strings) *haystack {
	h := &haystack{Strings: s}
	for _, c := range s.Bytes[:min(len(s.Bytes), sampleBytes)] {
		h.often[c]++
	}
	return h
}

// find calls fn, in ascending order, for every row that contains the needle. at is the offset of the first match in the
// row. fn returns false to stop.
func (h *haystack) find(needle []byte, fn func(row, at int) bool) {
	if len(needle) == 0 {
		return
	}
	// Searching for the rarest byte of the needle is quicker than searching for its first byte.
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
			// No byte of the needle is rare, as in numbers. bytes.Index is quicker then.
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
			pos++ // a match across two rows
			continue
		}
		if !fn(row, pos-int(h.Off[row])) {
			return
		}
		pos = int(h.Off[row+1])
		row++
	}
}

// begin calls fn, in ascending order, for every row that begins with the needle, starting at row from. fn returns false
// to stop.
func (h *haystack) begin(from int, needle []byte, fn func(row int) bool) {
	for row := from; row < len(h.Off)-1; row++ {
		if lo, hi := h.Off[row], h.Off[row+1]; int(hi-lo) >= len(needle) && string(h.Bytes[lo:int(lo)+len(needle)]) == string(needle) && !fn(row) {
			return
		}
	}
}

// rowAt returns the row of a byte. It searches upwards from a row, in steps that double.
func (h *haystack) rowAt(pos uint32, from int) int {
	step, lo := 1, from
	for lo+step < len(h.Off)-1 && h.Off[lo+step] <= pos {
		lo += step
		step *= 2
	}
	hi := min(lo+step, len(h.Off)-1)
	// The row is the last one in [lo, hi) that begins at or before pos. An empty row begins where the next one does.
	return lo + sort.Search(hi-lo, func(i int) bool { return h.Off[lo+i+1] > pos })
}
