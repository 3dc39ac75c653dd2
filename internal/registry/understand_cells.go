package registry

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// EncodeCells packs the raw cells of a row for the source record: their number, then each with its length, all
// lengths as varints. Empty cells at the end are left out.
func EncodeCells(cells [][]byte) []byte {
	size := 2
	for _, c := range cells {
		size += 2 + len(c)
	}
	return AppendCells(make([]byte, 0, size), cells)
}

// AppendCells is EncodeCells onto dst.
func AppendCells(dst []byte, cells [][]byte) []byte {
	for len(cells) > 0 && len(cells[len(cells)-1]) == 0 {
		cells = cells[:len(cells)-1]
	}
	dst = binary.AppendUvarint(dst, uint64(len(cells)))
	for _, c := range cells {
		dst = binary.AppendUvarint(dst, uint64(len(c)))
		dst = append(dst, c...)
	}
	return dst
}

// errCells marks a record that was not written by EncodeCells.
var errCells = errors.New("registry: damaged cells of a source record")

// DecodeCells unpacks the cells of a source record; they are slices of blob.
func DecodeCells(blob []byte) ([][]byte, error) {
	return DecodeCellsInto(nil, blob)
}

// DecodeCellsInto is DecodeCells into the memory of cells.
func DecodeCellsInto(cells [][]byte, blob []byte) ([][]byte, error) {
	cells = cells[:0]
	n, size := binary.Uvarint(blob)
	if size <= 0 || n > uint64(len(blob)) {
		return nil, errCells
	}
	rest := blob[size:]
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
