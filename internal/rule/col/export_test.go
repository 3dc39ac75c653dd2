package col

import (
	"bytes"

	"eyas/internal/pack"
)

// DecodeCache reads a cache from memory.
func DecodeCache(b []byte, r *pack.Register, s Stamp) (*Table, error) {
	c := &cacheReader{r: bytes.NewReader(b), left: int64(len(b)), register: r, stamp: s}
	return c.table()
}
