package store

import (
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"eyas/internal/registry"
)

// The blobs of profiles and records carry a checksum over the whole row, so that a row in which a bit has changed is an
// error when it is read and no wrong figure. A stored blob is sealMark, four bytes of CRC-32C, and the blob. Rows that
// an older program wrote begin otherwise and are read unchecked until they are written again.
//
// The mark is a number that no writer of blobs writes: a zero in two bytes.
var sealMark = []byte{0x80, 0x00}

const sealBytes = 6

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errSeal says that a row is not as it was written.
var errSeal = errors.New("store: a row is not as it was written")

// sum is the checksum of a row: of its numbers, its texts with their lengths, and its blob.
func sum(numbers []int64, blob []byte, texts ...string) uint32 {
	var b [8]byte
	c := uint32(0)
	number := func(n int64) {
		binary.LittleEndian.PutUint64(b[:], uint64(n))
		c = crc32.Update(c, castagnoli, b[:])
	}
	for _, n := range numbers {
		number(n)
	}
	for _, s := range texts {
		number(int64(len(s)))
		c = crc32.Update(c, castagnoli, []byte(s))
	}
	return crc32.Update(c, castagnoli, blob)
}

func seal(sum uint32, blob []byte) []byte {
	out := make([]byte, 0, sealBytes+len(blob))
	out = append(out, sealMark...)
	out = binary.LittleEndian.AppendUint32(out, sum)
	return append(out, blob...)
}

// unseal gives the blob of a stored one, a part of it, and its checksum; sealed is false for one that has none.
func unseal(stored []byte) (blob []byte, sum uint32, sealed bool) {
	if len(stored) < sealBytes || stored[0] != sealMark[0] || stored[1] != sealMark[1] {
		return stored, 0, false
	}
	return stored[sealBytes:], binary.LittleEndian.Uint32(stored[2:]), true
}

func profileSum(p *registry.ProfileRow, register int64) uint32 {
	return sum([]int64{p.Subject, register, flag(p.Gone), p.Change}, p.Facts, p.Code, p.Name, p.NameKey)
}

func recordSum(r *registry.RecordRow) uint32 {
	return sum([]int64{r.ID, r.Import, int64(r.Sheet), int64(r.Row)}, r.Cells, r.Reason)
}

// importSum is the checksum of an import: that of what lists show of it, and in the lower half that of its large texts.
// When and by whom it was undone is left out.
func importSum(i *registry.ImportRow) int64 {
	asOf := int64(-1 << 40)
	if i.AsOf != nil {
		asOf = int64(*i.AsOf)
	}
	head := sum([]int64{i.ID, i.Size, i.At.UnixMilli(), flag(i.Synthetic), i.FirstRecord, i.LastRecord, int64(i.Rows), int64(i.Accepted), int64(i.Unchanged),
		int64(i.Refused), int64(i.RefusalCount), int64(i.WarningCount), asOf}, nil, i.Register, i.File, i.SHA256, i.Actor, i.Options, i.Source, i.Whole, i.Form, i.Reason)
	return int64(uint64(head)<<32 | uint64(sum(nil, nil, i.Layouts, i.Lists)))
}

// unsealImport holds an import against its checksum, with its large texts or without.
func unsealImport(i *registry.ImportRow, seal sql.NullInt64, texts bool) error {
	if !seal.Valid {
		return nil
	}
	differ := uint64(importSum(i) ^ seal.Int64)
	if !texts {
		differ >>= 32
	}
	if differ != 0 {
		return fmt.Errorf("%w: import %d", errSeal, i.ID)
	}
	return nil
}

// The checksum of a link is that of what never changes, plus products of the two numbers that SQL changes for many rows
// at a time; see attachOwn.
const (
	subjectFactor = 1_000_003
	originFactor  = 7_919
)

func linkSum(record, subject, origin int64, how, evidence string) int64 {
	return int64(sum([]int64{record}, nil, how, evidence)) + subject*subjectFactor + origin*originFactor
}

// unsealLink holds the link of a record against its checksum.
func unsealLink(r *registry.RecordRow, seal sql.NullInt64) error {
	if seal.Valid && linkSum(r.ID, r.Subject, r.Origin, string(r.How), r.Evidence) != seal.Int64 {
		return fmt.Errorf("%w: link of record %d", errSeal, r.ID)
	}
	return nil
}

// unsealProfile takes the seal off a profile's facts.
func unsealProfile(p *registry.ProfileRow, register int64) error {
	blob, want, sealed := unseal(p.Facts)
	if p.Facts = blob; sealed && profileSum(p, register) != want {
		return fmt.Errorf("%w: profile %d", errSeal, p.Subject)
	}
	return nil
}

// unsealRecord takes the seal off a record's cells.
func unsealRecord(r *registry.RecordRow) error {
	blob, want, sealed := unseal(r.Cells)
	if r.Cells = blob; sealed && recordSum(r) != want {
		return fmt.Errorf("%w: record %d", errSeal, r.ID)
	}
	return nil
}
