package subject

import (
	"context"
	"strconv"

	"eyas/internal/auth"
	"eyas/internal/web/address"
	"eyas/internal/web/words"
)

// relateWay leads to the form that joins a subject to others by a relation of the pack.
type relateWay struct{ Label, URL string }

// ways are the relations that a subject can be joined by, of both sides; none in the past, and for who
// may not enter any.
func (s *room) ways(ctx context.Context, ask *address.Ask, w words.Writer, subject int64) (list []relateWay) {
	if !ask.Known.IsZero() || !s.May(ctx, auth.Enter) {
		return nil
	}
	reg, path := w.City.Register, "/s/"+strconv.FormatInt(subject, 10)+"/relate"
	for _, v := range s.Pack.RelationsTo(reg.ID) {
		if from := s.Pack.Register(v.From); from != nil {
			list = append(list, relateWay{w.Text("relations.add", "relation", v.Back.In(w.Lang)), ask.Link(path, "rel", v.From+"."+v.ID, "side", "back")})
		}
	}
	for _, v := range reg.Relations {
		list = append(list, relateWay{w.Text("relations.set", "relation", v.Name.In(w.Lang)), ask.Link(path, "rel", v.From+"."+v.ID)})
	}
	return list
}
