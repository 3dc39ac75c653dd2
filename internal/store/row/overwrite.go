package row

import (
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/registry/fact"
	"eyas/internal/store/base"
	"eyas/internal/store/dialect"
)

// met is what a transaction of a batch knows about a profile that it has read or written: its change number and a hash of
// its indexed columns.
type met struct {
	change int64
	name   uint64
}

var nameSeed = maphash.MakeSeed()

func nameHash(p *fact.ProfileRow) uint64 {
	var h maphash.Hash
	h.SetSeed(nameSeed)
	for _, s := range []string{p.Register, p.Code, p.Name, p.NameKey} {
		h.WriteString(s)
		h.WriteByte(0)
	}
	h.WriteByte(byte(base.Flag(p.Gone)))
	return h.Sum64()
}

// meet records a profile as it is in the table profile.
func (t *Tx) meet(p *fact.ProfileRow, change int64) {
	if t.own == nil || t.Reads() {
		return
	}
	if t.met == nil {
		t.met = map[int64]met{}
	}
	t.met[p.Subject] = met{change, nameHash(p)}
}

// overwrite writes profiles of a batch and puts aside the versions that others see. For most profiles it already knows
// whether they were put aside and whether their names differ, because it has just read them.
func (t *Tx) overwrite(ctx context.Context, rows []fact.ProfileRow) error {
	var same, differ []fact.ProfileRow
	var still, moved, unsure []int64 // to be put aside as they are, with another name, and those of which that is not known
	for i := range rows {
		p := &rows[i]
		m, known := t.met[p.Subject]
		kept := known && m.name == nameHash(p)
		if kept {
			same = append(same, *p)
		} else {
			differ = append(differ, *p)
		}
		switch own := m.change == -t.own.ID; {
		case !known, own && !kept:
			unsure = append(unsure, p.Subject)
		case own:
		case kept:
			still = append(still, p.Subject)
		default:
			moved = append(moved, p.Subject)
		}
	}
	for _, part := range []struct {
		ids   []int64
		moved int
	}{{still, 0}, {moved, 1}, {unsure, 0}} {
		if err := t.putAside(ctx, part.ids, part.moved); err != nil {
			return err
		}
	}
	if err := t.profiles(ctx, addProfiles, refilled, same); err != nil {
		return err
	}
	if err := t.profiles(ctx, addProfiles, replaced, differ); err != nil {
		return err
	}
	return base.ExecAmong(ctx, t, `UPDATE profile_prior SET moved = 1 WHERE moved = 0 AND subject_id IN {in} AND EXISTS (SELECT 1 FROM profile p
		WHERE p.subject_id = profile_prior.subject_id AND (p.code <> profile_prior.code OR p.name_key <> profile_prior.name_key))`, unsure)
}

// putAside stores profiles as others see them, unless a batch has done so already.
func (t *Tx) putAside(ctx context.Context, subjects []int64, moved int) error {
	for part := range slices.Chunk(subjects, base.Chunk) {
		args := make([]any, 0, base.Chunk+1)
		args = append(args, -t.own.ID)
		for i := range base.Chunk {
			args = append(args, part[min(i, len(part)-1)])
		}
		text := strings.Replace(`INSERT INTO profile_prior (subject_id, register, code, name, name_key, facts, gone, change, moved)
			SELECT subject_id, register, code, name, name_key, facts, gone, change, {moved} FROM profile WHERE change <> ? AND subject_id IN {in}`, "{in}", dialect.Marks(1, base.Chunk), 1)
		if _, err := t.Exec(ctx, strings.Replace(text, "{moved}", strconv.Itoa(moved), 1), args...); err != nil {
			return fmt.Errorf("store: put profiles aside: %w", err)
		}
	}
	return nil
}
