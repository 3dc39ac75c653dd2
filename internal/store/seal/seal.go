// Package seal adds a checksum to each row of profiles, records, links, imports and numbers of attributes, so that reading a row with a changed
// bit is an error and never a wrong figure.
package seal

import (
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"sync"

	"eyas/internal/registry/fact"
)

// The blobs of profiles and records carry a checksum over the whole row. A stored blob is sealMark, four bytes of CRC-32C, and the blob. Rows that
// an older program wrote begin otherwise and are read unchecked until they are written again.
//
// The mark is a number that no writer of blobs writes: a zero in two bytes.
var sealMark = []byte{0x80, 0x00}

const sealBytes = 6

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrBroken is returned when a row differs from what was written.
var ErrBroken = errors.New("store: a row is not as it was written")

// sum returns the checksum of a row: of its numbers, its texts with their lengths, and its blob.
func sum(numbers []int64, blob []byte, texts ...string) uint32 {
	buffer := sumBuffers.Get().(*[]byte)
	b := (*buffer)[:0]
	for _, n := range numbers {
		b = binary.LittleEndian.AppendUint64(b, uint64(n))
	}
	for _, s := range texts {
		b = binary.LittleEndian.AppendUint64(b, uint64(len(s)))
		b = append(b, s...)
	}
	c := crc32.Update(crc32.Update(0, castagnoli, b), castagnoli, blob)
	if *buffer = b; cap(b) <= largestSum {
		sumBuffers.Put(buffer)
	}
	return c
}

// sumBuffers holds reusable buffers. Without them each text would be copied to the heap. A buffer that has grown for a
// large text is not kept.
var sumBuffers = sync.Pool{New: func() any { return new([]byte) }}

const largestSum = 64 << 10

// Sealer makes the stored blobs of the rows of one statement. It reuses its memory for the next statement.
type Sealer struct{ piece []byte }

const sealerBytes = 128 << 10

// Reset releases the blobs that were sealed before.
func (s *Sealer) Reset() { s.piece = s.piece[:0] }

// Seal returns the stored form of a blob. It is valid until the next Reset.
func (s *Sealer) Seal(sum uint32, blob []byte) []byte {
	n := sealBytes + len(blob)
	if n > sealerBytes/8 {
		return Append(make([]byte, 0, n), sum, blob)
	}
	if cap(s.piece)-len(s.piece) < n { // what the piece holds stays where it is
		s.piece = make([]byte, 0, sealerBytes)
	}
	from := len(s.piece)
	s.piece = Append(s.piece, sum, blob)
	return s.piece[from:len(s.piece):len(s.piece)]
}

// Append appends the stored form of a blob.
func Append(to []byte, sum uint32, blob []byte) []byte {
	to = append(to, sealMark...)
	to = binary.LittleEndian.AppendUint32(to, sum)
	return append(to, blob...)
}

// Open returns the blob inside a stored one and its checksum; sealed is false when it has none.
func Open(stored []byte) (blob []byte, sum uint32, sealed bool) {
	if len(stored) < sealBytes || stored[0] != sealMark[0] || stored[1] != sealMark[1] {
		return stored, 0, false
	}
	return stored[sealBytes:], binary.LittleEndian.Uint32(stored[2:]), true
}

// ProfileSum returns the checksum of a profile. register is the number of its register.
func ProfileSum(p *fact.ProfileRow, register int64) uint32 {
	return sum([]int64{p.Subject, register, flag(p.Gone), p.Change}, p.Facts, p.Code, p.Name, p.NameKey)
}

// RecordSum returns the checksum of a record.
func RecordSum(r *fact.RecordRow) uint32 {
	return sum([]int64{r.ID, r.Import, int64(r.Sheet), int64(r.Row)}, r.Cells, r.Reason)
}

// ImportSum returns the checksum of an import: in the upper half that of the columns that lists show, in the lower half
// that of the large texts. When and by whom it was undone is left out.
func ImportSum(i *fact.ImportRow) int64 {
	asOf := int64(-1 << 40)
	if i.AsOf != nil {
		asOf = int64(*i.AsOf)
	}
	head := sum([]int64{i.ID, i.Size, i.At.UnixMilli(), flag(i.Synthetic), i.FirstRecord, i.LastRecord, int64(i.Rows), int64(i.Accepted), int64(i.Unchanged),
		int64(i.Refused), int64(i.RefusalCount), int64(i.WarningCount), asOf}, nil, i.Register, i.File, i.SHA256, i.Actor, i.Options, i.Source, i.Whole, i.Form, i.Reason)
	return int64(uint64(head)<<32 | uint64(sum(nil, nil, i.Layouts, i.Lists)))
}

// CheckImport compares an import with its checksum, with or without its large texts.
func CheckImport(i *fact.ImportRow, seal sql.NullInt64, texts bool) error {
	if !seal.Valid {
		return nil
	}
	differ := uint64(ImportSum(i) ^ seal.Int64)
	if !texts {
		differ >>= 32
	}
	if differ != 0 {
		return fmt.Errorf("%w: import %d", ErrBroken, i.ID)
	}
	return nil
}

// The checksum of a link is that of what never changes, plus products of the two numbers that SQL changes for many rows
// at a time; see attachOwn of package row.
const (
	subjectFactor = 1_000_003
	originFactor  = 7_919
)

// LinkSum returns the checksum of a link.
func LinkSum(record, subject, origin int64, how, evidence string) int64 {
	return int64(sum([]int64{record}, nil, how, evidence)) + subject*subjectFactor + origin*originFactor
}

// CheckLink compares the link of a record with its checksum.
func CheckLink(r *fact.RecordRow, seal sql.NullInt64) error {
	if seal.Valid && LinkSum(r.ID, r.Subject, r.RowSubject, string(r.How), r.Evidence) != seal.Int64 {
		return fmt.Errorf("%w: link of record %d", ErrBroken, r.ID)
	}
	return nil
}

// OpenProfile checks the checksum of a profile and removes it from the facts.
func OpenProfile(p *fact.ProfileRow, register int64) error {
	blob, want, sealed := Open(p.Facts)
	if p.Facts = blob; sealed && ProfileSum(p, register) != want {
		return fmt.Errorf("%w: profile %d", ErrBroken, p.Subject)
	}
	return nil
}

// OpenRecord checks the checksum of a record and removes it from the cells.
func OpenRecord(r *fact.RecordRow) error {
	blob, want, sealed := Open(r.Cells)
	if r.Cells = blob; sealed && RecordSum(r) != want {
		return fmt.Errorf("%w: record %d", ErrBroken, r.ID)
	}
	return nil
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// AttributeSum is the checksum of the number of an attribute.
func AttributeSum(register, id string, number int) int64 {
	return int64(sum([]int64{int64(number)}, nil, register, id))
}

// CheckAttribute returns ErrBroken when the number of an attribute differs from what was written.
func CheckAttribute(register, id string, number int, stored sql.NullInt64) error {
	if stored.Valid && stored.Int64 != AttributeSum(register, id, number) {
		return fmt.Errorf("%w: attribute %s of register %s", ErrBroken, id, register)
	}
	return nil
}
