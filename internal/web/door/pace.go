package door

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"eyas/internal/fault"
)

const (
	// paceRate is the slowest that a body may come or an answer be taken, in bytes per second.
	paceRate = 32 << 10
	// paceStep is how many bytes are moved before it is asked again.
	paceStep = 64 << 10
)

// Pace cuts off requests whose body does not come and answers that nobody takes: either holds a connection, and an
// export its turn. Time that the program itself takes counts for nobody.
// Rest is how long either may stand still, and how far it may be behind paceRate.
func Pace(next http.Handler, rest time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		control.SetWriteDeadline(time.Now().Add(rest)) // what the last answer on this connection set ends here
		if r.Body != nil && r.Body != http.NoBody {
			body := &pacedBody{ReadCloser: r.Body, control: control, pace: newPace(rest)}
			control.SetReadDeadline(body.pace.deadline())
			r.Body = body
		}
		paced := &pacedWriter{ResponseWriter: w, control: control, pace: newPace(rest)}
		next.ServeHTTP(paced, r)
		control.SetWriteDeadline(time.Now().Add(rest)) // for what is still buffered
	})
}

// allowance is how long the other side may take: it grows with what moves and shrinks with waiting. These are times of
// the network, not of the city: they come from the machine's clock.
type allowance struct{ left, most time.Duration }

func newPace(most time.Duration) allowance { return allowance{left: most, most: most} }

func (a *allowance) deadline() time.Time { return time.Now().Add(a.left) }

func (a *allowance) moved(n int, began time.Time) {
	a.left = min(a.most, a.left-time.Since(began)+time.Duration(n)*time.Second/paceRate)
}

// pacedBody is a request's body.
type pacedBody struct {
	io.ReadCloser
	control *http.ResponseController
	pace    allowance
}

func (b *pacedBody) Read(p []byte) (int, error) {
	began := time.Now()
	b.control.SetReadDeadline(b.pace.deadline())
	n, err := b.ReadCloser.Read(p[:min(len(p), paceStep)])
	b.pace.moved(n, began)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return n, fault.New(fault.Invalid, "数据传得太慢，已停止接收，什么也没有保存。请检查网络后重试；大文件可用命令 eyas import 导入。",
			"The data came too slowly; receiving was stopped and nothing was kept. Check the network and try again, or import a large file with the command eyas import.").Wrap(err)
	case err != nil:
		b.control.SetReadDeadline(time.Time{}) // else the server takes the connection for lost while it answers
	}
	return n, err
}

// pacedWriter is a response.
type pacedWriter struct {
	http.ResponseWriter
	control *http.ResponseController
	pace    allowance
}

func (w *pacedWriter) Write(p []byte) (int, error) {
	all := 0
	for {
		step := p[all:min(len(p), all+paceStep)]
		began := time.Now()
		w.control.SetWriteDeadline(w.pace.deadline())
		n, err := w.ResponseWriter.Write(step)
		w.pace.moved(n, began)
		if all += n; err != nil || all == len(p) {
			return all, err
		}
	}
}

// Unwrap gives http.ResponseController what it wraps.
func (w *pacedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Flush sends what is buffered.
func (w *pacedWriter) Flush() {
	w.control.SetWriteDeadline(w.pace.deadline())
	w.control.Flush()
}
