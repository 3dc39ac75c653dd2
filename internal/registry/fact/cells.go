package fact

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// EncodeCells packs the raw cells of a row for its source record: the number of cells, then the length and the bytes of
// each. Lengths are varints. Empty cells at the end are left out. A row with many blank cells is packed in another form:
// a zero, the number of cells, and for each filled cell the number of blanks before it, its length and its bytes.
func EncodeCells(cells [][]byte) []byte {
	size := 2
	for _, c := range cells {
		size += 2 + len(c)
	}
	return AppendCells(make([]byte, 0, size), cells)
}

// AppendCells does what EncodeCells does and appends the result to dst.
func AppendCells(dst []byte, cells [][]byte) []byte {
	for len(cells) > 0 && len(cells[len(cells)-1]) == 0 {
		cells = cells[:len(cells)-1]
	}
	if sparse(cells) {
		return appendSparse(dst, cells)
	}
	dst = binary.AppendUvarint(dst, uint64(len(cells)))
	for _, c := range cells {
		dst = binary.AppendUvarint(dst, uint64(len(c)))
		dst = append(dst, c...)
	}
	return dst
}

// fewCells is the number of cells up to which a row is always packed cell by cell, even if most are blank.
const fewCells = 256

// sparse reports whether more than half of many cells are blank.
func sparse(cells [][]byte) bool {
	if len(cells) <= fewCells {
		return false
	}
	blank := 0
	for _, c := range cells {
		if len(c) == 0 {
			blank++
		}
	}
	return blank > len(cells)/2
}

func appendSparse(dst []byte, cells [][]byte) []byte {
	dst = binary.AppendUvarint(append(dst, 0), uint64(len(cells)))
	blanks := uint64(0)
	for _, c := range cells {
		if len(c) == 0 {
			blanks++
			continue
		}
		dst = binary.AppendUvarint(dst, blanks)
		dst = binary.AppendUvarint(dst, uint64(len(c)))
		dst = append(dst, c...)
		blanks = 0
	}
	return dst
}

// mostCells limits the memory that a damaged record can make DecodeCells allocate, in cells.
const mostCells = 1 << 20

func decodeSparse(cells [][]byte, blob []byte) ([][]byte, error) {
	n, size := binary.Uvarint(blob)
	if size <= 0 || n > mostCells {
		return nil, errCells
	}
	rest := blob[size:]
	for len(rest) > 0 {
		blanks, a := binary.Uvarint(rest)
		if a <= 0 || blanks >= n-uint64(len(cells)) {
			return nil, fmt.Errorf("%w: cell %d of %d", errCells, len(cells)+1, n)
		}
		length, b := binary.Uvarint(rest[a:])
		if b <= 0 || length > uint64(len(rest)-a-b) {
			return nil, fmt.Errorf("%w: cell %d of %d", errCells, len(cells)+1, n)
		}
		for range blanks {
			cells = append(cells, nil)
		}
		end := a + b + int(length)
		cells = append(cells, rest[a+b:end:end])
		rest = rest[end:]
	}
	for uint64(len(cells)) < n {
		cells = append(cells, nil)
	}
	return cells, nil
}

// errCells marks a record that was not written by EncodeCells.
var errCells = errors.New("registry: damaged cells of a source record")

// DecodeCells unpacks the cells of a source record; they are slices of blob.
func DecodeCells(blob []byte) ([][]byte, error) {
	return DecodeCellsInto(nil, blob)
}

// DecodeCellsInto does what DecodeCells does and reuses the memory of cells.
func DecodeCellsInto(cells [][]byte, blob []byte) ([][]byte, error) {
	cells = cells[:0]
	n, size := binary.Uvarint(blob)
	if size <= 0 || n > uint64(len(blob)) {
		return nil, errCells
	}
	rest := blob[size:]
	if n == 0 && len(rest) > 0 {
		return decodeSparse(cells, rest)
	}
	for i := uint64(0); i < n; i++ {
		length, size := binary.Uvarint(rest)
		if size <= 0 || length > uint64(len(rest)-size) {
			return nil, fmt.Errorf("%w: cell %d of %d", errCells, i+1, n)
		}
		cells = append(cells, rest[size:size+int(length):size+int(length)])
		rest = rest[size+int(length):]
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("%w: %d bytes too many", errCells, len(rest))
	}
	return cells, nil
}
