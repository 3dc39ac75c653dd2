package intake

import (
	"net/http"

	"eyas/internal/fault"
	"eyas/internal/job"
	"eyas/internal/registry/intake"
)

// demoRows is how many enterprises the start page's button makes.
const demoRows = 20_000

// startDemo fills the base with the demonstration city, in the background; a second click finds the same job.
func (s *room) startDemo(w http.ResponseWriter, r *http.Request) error {
	if s.Demo == nil || s.Jobs == nil || s.Imports == nil {
		return errNoDemo()
	}
	if change, err := s.Imports.Change(r.Context()); err != nil {
		return err
	} else if change > 0 { // the first import asks again, in its own transaction
		if j, ok := s.Jobs.Find(r.Context(), "demo"); ok && !j.State.Final() { // which is what is filling it
			http.Redirect(w, r, s.Ask(r).Link("/jobs/"+j.ID), http.StatusSeeOther)
			return nil
		}
		return intake.NotEmpty()
	}
	j, _, err := s.Jobs.Start(r.Context(), job.Spec{
		Kind: kindDemo, Title: s.Words(s.LangOf(r))("job.demo"), Back: "/", Key: "demo", Repeat: true, Args: demoArgs{demoRows},
	})
	if err != nil {
		return err
	}
	http.Redirect(w, r, s.Ask(r).Link("/jobs/"+j.ID), http.StatusSeeOther)
	return nil
}

func errNoDemo() error {
	return fault.New(fault.Conflict, "这个程序启动时没有带演示城市。请在命令行运行 eyas demo。", "This program was started without the demonstration city: run eyas demo.")
}
