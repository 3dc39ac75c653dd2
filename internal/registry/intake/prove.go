package intake

import (
	"crypto/rand"

	"eyas/internal/audit"
	"eyas/internal/registry/fact"
)

// prove computes the digests of a batch's records and mentions; linked computes those of their links.
func (b *batch) prove(d *fact.Digester, importID int64, register string) {
	if len(b.rows) == 0 {
		return
	}
	b.block = fact.NewBlock(&b.proof, b.rows[0].record, b.rows[len(b.rows)-1].record)
	for i := range b.rows {
		r := &b.rows[i]
		sum := d.Record(&fact.RecordRow{ID: r.record, Import: importID, Sheet: r.sheet, Row: r.number, Cells: r.cells, Reason: r.reason}, b.block.Seed(r.record), nil)
		b.block.Record(r.record, sum)
	}
	salts := make([]byte, len(b.names)*fact.SaltSize)
	rand.Read(salts)
	sums := make([]audit.Digest, len(b.names))
	for i := range b.names {
		b.names[i].Proof = salts[i*fact.SaltSize : (i+1)*fact.SaltSize]
		sums[i] = d.Mention(register, &b.names[i])
	}
	b.block.Mentions = fact.MentionsDigest(sums)
}

// linked computes the digests of the batch's links and closes its block.
func (b *batch) linked(d *fact.Digester, links []fact.LinkRow) *fact.BlockRow {
	for i := range links {
		l := &links[i]
		b.block.Link(l.Record, d.Link(l, b.block.Seed(l.Record), nil))
	}
	b.block.Close()
	return b.block.BlockRow
}
