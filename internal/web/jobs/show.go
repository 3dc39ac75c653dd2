package jobs

import (
	"net/http"

	"eyas/internal/fault"
	"eyas/internal/job"
	"eyas/internal/web/frame"
)

func errNoJob() error {
	return fault.New(fault.NotFound, "没有这项后台工作：它可能早已结束，记录已清理。已完成的导入见“数据”页。",
		"There is no such work: it may have ended long ago and been cleared away. Finished imports are on the page “Data”.")
}

func (s *room) findJob(r *http.Request) (job.Status, error) {
	if s.Jobs != nil {
		if j, ok := s.Jobs.Get(r.Context(), r.PathValue("id")); ok {
			return j, nil
		}
	}
	return job.Status{}, errNoJob()
}

func (s *room) showJob(w http.ResponseWriter, r *http.Request) error {
	j, err := s.findJob(r)
	if err != nil {
		return err
	}
	ask := s.Ask(r)
	v := s.JobView(ask, j)
	if v.Next != "" && v.Next != ask.Link("/jobs/"+j.ID) {
		http.Redirect(w, r, v.Next, http.StatusSeeOther)
		return nil
	}
	return s.Render(w, r, "job", v)
}

func (s *room) answerJob(w http.ResponseWriter, r *http.Request) error {
	j, err := s.findJob(r)
	if err != nil {
		return err
	}
	return frame.WriteJSON(w, s.JobView(s.Ask(r), j))
}

// cancelJob asks the work to stop and shows the job until it has.
func (s *room) cancelJob(w http.ResponseWriter, r *http.Request) error {
	j, err := s.findJob(r)
	if err != nil {
		return err
	}
	if _, err := s.Jobs.Cancel(r.Context(), j.ID); err != nil {
		return err
	}
	http.Redirect(w, r, s.Ask(r).Link("/jobs/"+j.ID), http.StatusSeeOther)
	return nil
}
