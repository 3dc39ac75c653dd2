package intake

import (
	"context"
	"encoding/json"
	"errors"

	"eyas/internal/registry/fact"
	"eyas/internal/rule/list"
	"eyas/internal/web/address"
)

// standing is who meets the recognitions in force today, by the id of the rule: subjects, ascending.
type standing map[string][]int64

// standing gives who meets what in a register; nil where no rule is about it, or it is not in memory yet.
func (s *results) standing(ctx context.Context, register string) (standing, error) {
	reg := s.Register(register)
	if reg == nil || s.Registers == nil || len(s.CityOf(reg.ID).Ladder) == 0 {
		return nil, nil
	}
	_, base, err := s.InMemory(ctx, reg.ID, fact.Moment{})
	if err != nil {
		return nil, err
	}
	outcomes, table, err := base.Outcomes(ctx, address.Midnight(s.Clock().In(s.Pack.Zone)), nil)
	if errors.Is(err, list.ErrLoading) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	all := standing{}
	for _, o := range outcomes {
		met := []int64{}
		for row := range table.N {
			if o.Met.Get(row) {
				met = append(met, table.Subjects[row])
			}
		}
		all[o.Rule.ID] = met
	}
	return all, nil
}

// rung is a recognition with those who meet it since an import, and those who meet it no more.
type rung struct {
	Rule string  `json:"rule"`
	In   int     `json:"in"`
	Out  int     `json:"out"`
	Rose []int64 `json:"rose,omitempty"` // the first of them
	Fell []int64 `json:"fell,omitempty"`
}

// mostMoved is how many subjects of a rung are kept by name, of each direction.
const mostMoved = 500

// moved compares who met what before and after, in the order of the ladder.
func (s *results) moved(register string, before, after standing) []rung {
	list := []rung{}
	for _, rule := range s.CityOf(register).Ladder {
		was, is := before[rule.ID], after[rule.ID]
		r := rung{Rule: rule.ID}
		for len(was)+len(is) > 0 {
			switch {
			case len(is) == 0 || len(was) > 0 && was[0] < is[0]:
				if r.Out++; r.Out <= mostMoved {
					r.Fell = append(r.Fell, was[0])
				}
				was = was[1:]
			case len(was) == 0 || is[0] < was[0]:
				if r.In++; r.In <= mostMoved {
					r.Rose = append(r.Rose, is[0])
				}
				is = is[1:]
			default:
				was, is = was[1:], is[1:]
			}
		}
		if r.In+r.Out > 0 {
			list = append(list, r)
		}
	}
	return list
}

// keepMoved keeps with the original of an import what it did to the ladder.
func (s *results) keepMoved(ctx context.Context, importID int64, register string, before standing) error {
	if before == nil {
		return nil
	}
	after, err := s.standing(ctx, register)
	if err != nil || after == nil {
		return err
	}
	text, err := json.Marshal(s.moved(register, before, after))
	if err != nil {
		return err
	}
	return s.uploads.Tell(ctx, importID, text)
}

// ladderMoved reads what keepMoved kept; known is false where nothing was.
func (s *results) ladderMoved(ctx context.Context, importID int64) (list []rung, known bool, err error) {
	text, err := s.uploads.Told(ctx, importID)
	if err != nil || text == nil {
		return nil, false, err
	}
	err = json.Unmarshal(text, &list)
	return list, err == nil, err
}
