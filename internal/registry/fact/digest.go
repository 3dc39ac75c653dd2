package fact

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"

	"eyas/internal/audit"
)

// BlockRow holds the digests of up to 1,024 consecutive source records with their links and mentions.
type BlockRow struct {
	First, Last int64
	Seeds       []byte // SeedSize bytes for each id First … Last; zeros where a value was erased
	Marks       []byte // MarkSize bytes for each id: the beginnings of the digests of the record and of its link
	Mentions    audit.Digest
	Digest      audit.Digest
}

// Sizes in bytes: of what a block keeps for each record, and of the salt of a value.
const (
	SeedSize = 16
	MarkSize = 8
	SaltSize = 16
)

// ErasureRow lists the values of one record that were erased.
type ErasureRow struct {
	Record  int64
	Cells   int    // how many cells the row had
	Salts   []byte // SaltSize bytes for each cell, the reason and the link's evidence; zeros for what was erased
	Digests []byte // for each erased value its position (4 bytes) and its digest
}

// Has reports whether the value of a cell was erased; column counts from 0.
func (e *ErasureRow) Has(column int) bool {
	for at := e.Digests; len(at) >= 4+sha256.Size; at = at[4+sha256.Size:] {
		if binary.BigEndian.Uint32(at) == uint32(column) {
			return true
		}
	}
	return false
}

// Columns returns the columns of the cells that were erased, counted from 0.
func (e *ErasureRow) Columns() (list []int) {
	for at := e.Digests; len(at) >= 4+sha256.Size; at = at[4+sha256.Size:] {
		list = append(list, int(binary.BigEndian.Uint32(at)))
	}
	return list
}

// Digester computes the digests of records. It reuses its memory: only one goroutine may use it at a time.
//
// The digest of a value is SHA-256 over a salt and the value. All salts of a record are derived from its seed of 16
// random bytes. From some of the salts, neither the seed nor the other salts can be computed. When a value is erased, its
// digest takes the place of the value, and the remaining salts take the place of the seed.
type Digester struct {
	x, y  [SaltSize]byte
	value []byte
	buf   []byte
	cells [][]byte
}

// saltKey is no secret. The function x ↦ AES(x)⊕x under a fixed key cannot be inverted.
var saltKey = func() cipher.Block {
	c, err := aes.NewCipher([]byte("eyas record salt"))
	if err != nil {
		panic(err)
	}
	return c
}()

// Positions of the values that a record has beside its cells.
const (
	reasonAt   = 1<<32 - 1
	evidenceAt = 1<<32 - 2
)

// salt appends the salt of a position to d.value, which it empties first.
func (d *Digester) salt(seed []byte, at uint32) {
	copy(d.x[:], seed)
	binary.BigEndian.PutUint32(d.x[12:], binary.BigEndian.Uint32(d.x[12:])^at)
	saltKey.Encrypt(d.y[:], d.x[:])
	for i := range d.y {
		d.y[i] ^= d.x[i]
	}
	d.value = append(d.value[:0], d.y[:]...)
}

// slot returns the index of a position among the salts of an erasure.
func (e *ErasureRow) slot(at uint32) int {
	switch at {
	case reasonAt:
		return e.Cells
	case evidenceAt:
		return e.Cells + 1
	}
	return int(at)
}

// erased gives the digest of an erased value.
func (e *ErasureRow) erased(at uint32) []byte {
	const size = 4 + len(audit.Digest{})
	for i := 0; i+size <= len(e.Digests); i += size {
		if binary.BigEndian.Uint32(e.Digests[i:]) == at {
			return e.Digests[i+4 : i+size]
		}
	}
	return nil
}

// sum gives the digest of a value at a position.
func (d *Digester) sum(seed []byte, e *ErasureRow, at uint32, value []byte) audit.Digest {
	if e == nil {
		d.salt(seed, at)
	} else {
		if gone := e.erased(at); gone != nil {
			return audit.Digest(gone)
		}
		d.value = d.value[:0]
		if i := e.slot(at) * SaltSize; i+SaltSize <= len(e.Salts) {
			d.value = append(d.value, e.Salts[i:i+SaltSize]...)
		}
	}
	d.value = append(d.value, value...)
	return sha256.Sum256(d.value)
}

// Record returns the digest of a record: its sheet and row, its cells, and why it was refused. e is nil when no value of
// the record was erased. Cells that cannot be decoded count as one cell with all their bytes.
func (d *Digester) Record(r *RecordRow, seed []byte, e *ErasureRow) audit.Digest {
	cells, err := DecodeCellsInto(d.cells, r.Cells)
	if err != nil {
		cells = append(d.cells[:0], r.Cells)
	}
	for e != nil && len(cells) < e.Cells {
		cells = append(cells, nil)
	}
	d.cells = cells
	b := append(d.buf[:0], "record 1"...)
	b = audit.AppendNumber(b, r.ID)
	b = audit.AppendNumber(b, r.Import)
	b = audit.AppendNumber(b, int64(r.Sheet))
	b = audit.AppendNumber(b, int64(r.Row))
	b = audit.AppendNumber(b, int64(len(cells)))
	for i, c := range cells {
		if len(c) == 0 && (e == nil || e.erased(uint32(i)) == nil) {
			b = append(b, 0)
			continue
		}
		sum := d.sum(seed, e, uint32(i), c)
		b = append(append(b, 1), sum[:]...)
	}
	if r.Reason == "" {
		b = append(b, 0)
	} else {
		sum := d.sum(seed, e, reasonAt, []byte(r.Reason))
		b = append(append(b, 1), sum[:]...)
	}
	d.buf = b
	return sha256.Sum256(b)
}

// Link returns the digest of a link: the subject that the row itself names, and how that is known. It does not cover the
// subject that the record counts for after merges, because that follows from the merges.
func (d *Digester) Link(l *LinkRow, seed []byte, e *ErasureRow) audit.Digest {
	evidence := d.sum(seed, e, evidenceAt, []byte(l.Evidence))
	b := append(d.buf[:0], "link 1"...)
	b = audit.AppendNumber(b, l.Record)
	b = audit.AppendNumber(b, l.Named())
	b = audit.AppendText(b, string(l.How))
	b = append(b, evidence[:]...)
	d.buf = b
	return sha256.Sum256(b)
}

// Named is the subject that the row itself names.
func (l *LinkRow) Named() int64 {
	if l.RowSubject != 0 {
		return l.RowSubject
	}
	return l.Subject
}

// Mention returns the digest of a mention in a record of a register. The mention's Proof is the salt, or the digest
// itself when the mention was erased.
func (d *Digester) Mention(register string, m *MentionRow) audit.Digest {
	if len(m.Proof) == len(audit.Digest{}) {
		return audit.Digest(m.Proof)
	}
	day := func(b []byte, n *int64) []byte {
		if n == nil {
			return append(b, 0)
		}
		return audit.AppendNumber(append(b, 1), *n)
	}
	b := append(d.buf[:0], m.Proof...)
	b = audit.AppendNumber(append(b, "mention 1"...), m.Record)
	for _, s := range []string{register, m.Relation, m.Code, m.NameKey} {
		b = audit.AppendText(b, s)
	}
	b = day(day(b, m.From), m.Until)
	d.buf = b
	return sha256.Sum256(b)
}

// MentionsDigest returns one digest over the digests of a block's mentions. Their order does not matter.
func MentionsDigest(list []audit.Digest) audit.Digest {
	slices.SortFunc(list, func(a, b audit.Digest) int { return bytes.Compare(a[:], b[:]) })
	h := sha256.New()
	for i := range list {
		h.Write(list[i][:])
	}
	return audit.Digest(h.Sum(nil))
}

// Block computes the digest of a block: first take in all records, then all links, then call Close.
type Block struct {
	*BlockRow
	records, links []byte
}

// NewBlock starts a block for records first to last and draws new seeds. It reuses the memory of row.
func NewBlock(row *BlockRow, first, last int64) Block {
	n := int(last - first + 1)
	row.First, row.Last = first, last
	row.Seeds = slices.Grow(row.Seeds[:0], n*SeedSize)[:n*SeedSize]
	row.Marks = slices.Grow(row.Marks[:0], n*MarkSize)[:n*MarkSize]
	rand.Read(row.Seeds)
	clear(row.Marks)
	return Block{BlockRow: row}
}

// Again starts a block with the stored seeds, to compare its digest with the stored one.
func (r *BlockRow) Again() Block {
	again := *r
	again.Marks = make([]byte, len(r.Marks))
	return Block{BlockRow: &again}
}

// Seed is the seed of a record of the block.
func (r *BlockRow) Seed(record int64) []byte {
	i := int(record-r.First) * SeedSize
	return r.Seeds[i : i+SeedSize]
}

// Mark returns what is stored to find a changed record: the first bytes of the digests of the record and of its link.
func (r *BlockRow) Mark(record int64) (ofRecord, ofLink []byte) {
	i := int(record-r.First) * MarkSize
	return r.Marks[i : i+MarkSize/2], r.Marks[i+MarkSize/2 : i+MarkSize]
}

// Record takes in the digest of a record, in the order of ids.
func (b *Block) Record(id int64, sum audit.Digest) {
	mark, _ := b.Mark(id)
	copy(mark, sum[:])
	b.records = append(b.records, sum[:]...)
}

// Link takes in the digest of a record's link, in the order of ids.
func (b *Block) Link(record int64, sum audit.Digest) {
	_, mark := b.Mark(record)
	copy(mark, sum[:])
	b.links = append(b.links, sum[:]...)
}

// Close computes the digest of the block. The field Mentions must be set before.
func (b *Block) Close() {
	t := append([]byte(nil), "block 1"...)
	t = audit.AppendNumber(audit.AppendNumber(t, b.First), b.Last)
	for _, part := range [][]byte{b.records, b.links} {
		sum := sha256.Sum256(part)
		t = append(t, sum[:]...)
	}
	t = append(t, b.Mentions[:]...)
	b.Digest = sha256.Sum256(t)
}

// Erase removes the value of a cell from a record. It returns the erasure that takes its place and the cells without the
// value. before holds what was erased from the record earlier; nil means nothing.
func (d *Digester) Erase(r *RecordRow, seed []byte, before *ErasureRow, column int) (*ErasureRow, []byte, error) {
	cells, err := DecodeCells(r.Cells)
	if err != nil {
		return nil, nil, err
	}
	if column < 0 || column >= len(cells) || len(cells[column]) == 0 {
		return nil, nil, fmt.Errorf("registry: record %d has no value in column %d", r.ID, column+1)
	}
	e := &ErasureRow{Record: r.ID, Cells: len(cells)}
	if before != nil {
		*e = ErasureRow{Record: r.ID, Cells: before.Cells, Salts: slices.Clone(before.Salts), Digests: slices.Clone(before.Digests)}
	} else {
		at := []uint32{reasonAt, evidenceAt}
		for i := len(cells) - 1; i >= 0; i-- {
			at = slices.Insert(at, 0, uint32(i))
		}
		for _, p := range at {
			d.salt(seed, p)
			e.Salts = append(e.Salts, d.value[:SaltSize]...)
		}
	}
	sum := d.sum(seed, before, uint32(column), cells[column])
	clear(e.Salts[column*SaltSize : (column+1)*SaltSize])
	e.Digests = append(binary.BigEndian.AppendUint32(e.Digests, uint32(column)), sum[:]...)
	cells[column] = nil
	return e, EncodeCells(cells), nil
}
