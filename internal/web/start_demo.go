package web

import (
	"context"
	"net/http"

	"eyas/internal/fault"
	"eyas/internal/job"
	"eyas/internal/registry"
)

// demoRows is how many enterprises the start page's button makes.
const demoRows = 20_000

// startDemo fills the base with the demonstration city, in the background; a second click finds the same job.
func (s *Server) startDemo(w http.ResponseWriter, r *http.Request) error {
	if s.Demo == nil || s.Jobs == nil || s.Registry == nil {
		return fault.New(fault.Conflict, "这个程序启动时没有带演示城市。请在命令行运行 eyas demo。", "This program was started without the demonstration city: run eyas demo.")
	}
	if change, err := s.Registry.Change(r.Context()); err != nil {
		return err
	} else if change > 0 { // the first import asks again, in its own transaction
		if j, ok := s.Jobs.Find("demo"); ok && !j.State.Final() { // which is what is filling it
			http.Redirect(w, r, s.ask(r).Link("/jobs/"+j.ID), http.StatusSeeOther)
			return nil
		}
		return registry.NotEmpty()
	}
	j, _, err := s.Jobs.Start(job.Spec{
		Kind: "demo", Title: s.words(s.lang(r))("job.demo"), Back: "/", Key: "demo", Repeat: true, Write: true,
		Run: func(ctx context.Context, report func(job.Progress)) (any, error) {
			err := s.Demo(ctx, demoRows, func(file string, p registry.Progress) {
				report(job.Progress{Stage: p.Stage, Rows: p.Rows, Bytes: p.Bytes, TotalBytes: p.TotalBytes, Description: file})
			})
			if err == nil {
				s.searchAfter()
			}
			return nil, err
		},
	})
	if err != nil {
		return err
	}
	http.Redirect(w, r, s.ask(r).Link("/jobs/"+j.ID), http.StatusSeeOther)
	return nil
}
