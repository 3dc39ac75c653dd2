package web

import (
	"net/http"

	"eyas/internal/fault"
)

// readForm reads the small forms of pages.
func readForm(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		return fault.New(fault.Invalid, "表单没有完整收到，请再试一次。", "The form did not arrive complete: try again.").Wrap(err)
	}
	return nil
}
