package web

import (
	"context"

	"eyas/internal/job"
)

// startLinkage looks, in the background, whom the subjects are that an import has made known by name only. While such
// a pass waits for its turn, another import needs none of its own.
func (s *Server) startLinkage(register string) {
	reg := s.register(register)
	if s.Registry == nil || s.Jobs == nil || reg == nil || reg.CodeAttr == "" {
		return
	}
	_, _, err := s.Jobs.Start(job.Spec{
		Kind: "link", Title: reg.Name.In(s.Lang), Back: "/links", Key: "link:" + reg.ID, Repeat: true, Write: true,
		Run: func(ctx context.Context, report func(job.Progress)) (any, error) {
			if _, err := s.Registry.Link(ctx, operator, reg.ID, progressReport(report)); err != nil {
				return nil, err
			}
			s.searchAfter()
			return nil, nil
		},
	})
	if err != nil {
		s.Log.Error("linkage was not started", "register", reg.ID, "error", err)
	}
}
