package row

import (
	"context"

	"eyas/internal/fault"
)

// NextFinding gives the number of this write of findings (finding.seq). It is greater than that of every write that ended before, and
// writes of findings wait for one another.
func (t *Tx) NextFinding(ctx context.Context) (seq int64, err error) {
	defer fault.At(&err, "row.NextFinding")
	if _, err = t.Exec(ctx, `UPDATE finding_seq SET seq = seq + 1`); err != nil {
		return 0, err
	}
	_, err = t.One(ctx, `SELECT seq FROM finding_seq`, nil, &seq)
	return seq, err
}
