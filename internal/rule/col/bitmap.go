package col

// All returns the bitmap of all n rows.
func All(n int) Bitmap {
	b := NewBitmap(n)
	for i := range b {
		b[i] = ^uint64(0)
	}
	if rest := uint(n) & 63; rest != 0 {
		b[len(b)-1] = 1<<rest - 1
	}
	return b
}

// Clone returns a copy.
func (b Bitmap) Clone() Bitmap { return append(Bitmap(nil), b...) }

// And keeps the rows that are also in o.
func (b Bitmap) And(o Bitmap) {
	o = o[:len(b)]
	for i := range b {
		b[i] &= o[i]
	}
}

// AndNot keeps the rows that are not in o.
func (b Bitmap) AndNot(o Bitmap) {
	o = o[:len(b)]
	for i := range b {
		b[i] &^= o[i]
	}
}

// Or adds the rows of o.
func (b Bitmap) Or(o Bitmap) {
	o = o[:len(b)]
	for i := range b {
		b[i] |= o[i]
	}
}

// Empty reports whether no row is set.
func (b Bitmap) Empty() bool {
	for _, w := range b {
		if w != 0 {
			return false
		}
	}
	return true
}

// copyBits copies bits lo…hi−1 of src to dst, starting at bit at. The bits of dst there must be zero.
func copyBits(dst Bitmap, at int, src Bitmap, lo, hi int) {
	for lo < hi {
		// Each step copies up to the end of a word of src or of dst, whichever comes first.
		n := min(hi-lo, 64-lo&63, 64-at&63)
		w := src[lo>>6] >> (uint(lo) & 63)
		if n < 64 {
			w &= 1<<uint(n) - 1
		}
		dst[at>>6] |= w << (uint(at) & 63)
		lo, at = lo+n, at+n
	}
}
