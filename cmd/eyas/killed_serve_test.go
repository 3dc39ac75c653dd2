package main

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"eyas/internal/job"
	"eyas/internal/registry"
	"eyas/internal/registry/fact"
)

// server is a server in a process of its own.
type server struct {
	*child
	url string
}

var killedClient = &http.Client{
	Timeout:       patienceInTests,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func (k *killing) serve() (*server, error) {
	p, err := k.start("serve", "--addr", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	for end := time.Now().Add(patienceInTests); time.Now().Before(end); {
		if at := webAddress.FindString(p.said.String()); at != "" {
			return &server{p, strings.TrimSuffix(at, "/")}, nil
		}
		select {
		case <-p.ended:
			return nil, fmt.Errorf("the server does not start: %s", p.said)
		case <-time.After(5 * time.Millisecond):
		}
	}
	return nil, errors.Join(fmt.Errorf("the server is not ready: %s", p.said), k.kill(p))
}

var seenInForm = regexp.MustCompile(`name="seen" value="([^"]*)"`)

// send opens a form and sends it, upon what it shows; again when that has changed meanwhile. Without an error it was
// acknowledged.
func (s *server) send(page, action string, fields url.Values) error {
	for try := 1; ; try++ {
		status, body, err := s.sendOnce(page, action, fields)
		switch {
		case err != nil:
			return err
		case status == http.StatusSeeOther:
			return nil
		case status != http.StatusConflict || try == 5:
			return fmt.Errorf("%s: %d, %w: %s", action, status, errForm, body)
		}
	}
}

func (s *server) sendOnce(page, action string, fields url.Values) (status int, body []byte, err error) {
	res, err := killedClient.Get(s.url + page)
	if err != nil {
		return 0, nil, err
	}
	body, err = io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil || res.StatusCode != http.StatusOK {
		return res.StatusCode, body, err
	}
	fields.Del("seen")
	for _, m := range seenInForm.FindAllSubmatch(body, -1) {
		fields.Add("seen", html.UnescapeString(string(m[1])))
	}
	if res, err = killedClient.PostForm(s.url+action, fields); err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusSeeOther {
		return res.StatusCode, nil, nil
	}
	body, err = io.ReadAll(res.Body)
	return res.StatusCode, body, err
}

// errForm says that a server answered, and not as it should.
var errForm = errors.New("the form is not taken")

// step is something small that a person does.
type step struct {
	name string
	send func(s *server) error
	done func(g *registry.Registry) (bool, error) // whether it is in force
}

// merging says that an enterprise of the list is one of the register; correcting enters a value.
func (k *killing) merging(i int) step {
	into, other := int64(i+1), int64(marketRows+i+1)
	return step{
		name: fmt.Sprintf("merge %d into %d", other, into),
		send: func(s *server) error {
			return s.send(fmt.Sprintf("/s/%d/records?find=%s", into, url.QueryEscape(listName(i))), fmt.Sprintf("/s/%d/merge", into),
				url.Values{"other": {fmt.Sprint(other)}, "reason": {"同一家"}})
		},
		done: func(g *registry.Registry) (bool, error) {
			root, err := g.Root(k.ctx, other)
			return root == into, err
		},
	}
}

func (k *killing) correcting(i int) step {
	subject, staff := int64(i+1), int64(100_000+i)
	return step{
		name: fmt.Sprintf("correct %d", subject),
		send: func(s *server) error {
			page := fmt.Sprintf("/s/%d/correct", subject)
			return s.send(page+"?key=staff@2020", page, url.Values{"key": {"staff@2020"}, "value": {fmt.Sprint(staff)}, "reason": {"抄错"}})
		},
		done: func(g *registry.Registry) (bool, error) {
			p, err := g.Profile(k.ctx, subject)
			if err != nil {
				return false, err
			}
			f := p.Fact("staff", 2020)
			return f != nil && f.Value.Num == float64(staff) || f != nil && f.Value.Int == staff, nil
		},
	}
}

// inForce counts the steps that are in force, and says when others are than those that were acknowledged, but for the one
// that was under way.
func (k *killing) inForce(steps []step, acknowledged int) (n int, err error) {
	g, err := k.registry()
	if err != nil {
		return 0, err
	}
	for i, s := range steps {
		done, err := s.done(g)
		switch {
		case err != nil:
			return n, fmt.Errorf("%s: %w", s.name, err)
		case !done && i < acknowledged:
			return n, fmt.Errorf("%s was acknowledged and is lost", s.name)
		case done && i > acknowledged:
			return n, fmt.Errorf("%s is in force and was never sent", s.name)
		case done:
			n++
		}
	}
	return n, nil
}

// byHand merges and corrects on a server that is killed.
func byHand(k *killing) (fate, error) {
	var steps []step
	for i := range 30 {
		steps = append(steps, k.merging(i), k.correcting(i+200))
	}
	s, err := k.serve()
	if err != nil {
		return "", err
	}
	start := time.Now()
	sent := make(chan error, 1)
	acknowledged := 0
	go func() {
		for _, step := range steps {
			if err := step.send(s); err != nil {
				sent <- fmt.Errorf("%s: %w", step.name, err)
				return
			}
			acknowledged++
		}
		sent <- nil
	}()
	select {
	case <-k.moment():
		if err := k.kill(s.child); err != nil {
			return "", err
		}
		if err := <-sent; errors.Is(err, errForm) {
			return "", err
		}
	case err := <-sent:
		k.done(start)
		if err := errors.Join(err, k.kill(s.child)); err != nil || k.never {
			return late, err
		}
	}
	n, err := k.inForce(steps, acknowledged)
	if err != nil {
		return "", err
	}
	seen, err := k.view()
	if err == nil {
		err = k.sound(seen)
	}
	if err != nil {
		return "", err
	}
	if s, err = k.serve(); err != nil {
		return "", err
	}
	for _, step := range steps[n:] {
		if err := step.send(s); err != nil {
			return "", fmt.Errorf("sent again, %s: %w", step.name, err)
		}
	}
	if err := k.kill(s.child); err != nil {
		return "", err
	}
	return k.fate(n, len(steps)), k.ended()
}

// fate says how many steps of all were in force.
func (k *killing) fate(n, of int) fate {
	switch n {
	case 0:
		return nothing
	case of:
		return whole
	}
	return part
}

// ended holds the base against what the work comes to undisturbed.
func (k *killing) ended() error {
	seen, err := k.view()
	if err != nil {
		return err
	}
	if seen != k.after {
		return fmt.Errorf("it comes to something else than undisturbed:\n%s\n%s", seen, k.after)
	}
	return k.sound(seen)
}

// upload sends a file and confirms its import, which a job then does.
func (s *server) upload(path string) error {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	form.WriteField("register", "enterprise")
	w, err := form.CreateFormFile("file", filepath.Base(path))
	if err != nil {
		return err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	w.Write(data)
	if err := form.Close(); err != nil {
		return err
	}
	res, err := killedClient.Post(s.url+"/import", form.FormDataContentType(), &body)
	if err != nil {
		return err
	}
	res.Body.Close()
	for range 3 { // a form that changes the settings shows the preview again
		to, err := url.Parse(res.Header.Get("Location"))
		if err != nil || res.StatusCode != http.StatusSeeOther {
			return fmt.Errorf("%s: %s", path, res.Status)
		}
		if strings.HasPrefix(to.Path, "/jobs/") {
			return nil
		}
		if res, err = killedClient.PostForm(s.url+to.Path, url.Values{"action": {"import"}}); err != nil {
			return err
		}
		res.Body.Close()
	}
	return errors.New("the preview is not confirmed")
}

// jobs tells when no job is left that runs or waits, and then whether one has failed.
func (k *killing) jobs() <-chan error {
	quiet := make(chan error, 1)
	go func() {
		for end := time.Now().Add(2 * patienceInTests); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
			var open, all []job.Row
			err := k.db.ReadJobs(k.ctx, func(r job.Reader) (err error) {
				if open, err = r.OpenJobs(k.ctx, time.Now()); err == nil {
					all, err = r.Jobs(k.ctx, 100)
				}
				return err
			})
			if err != nil {
				quiet <- err
				return
			}
			if len(open) > 0 {
				continue
			}
			for _, r := range all {
				if r.State != job.Done && r.State != job.Waiting {
					err = errors.Join(err, fmt.Errorf("job %s %s is %s: %v", r.Kind, r.Title, r.State, r.Fault))
				}
			}
			quiet <- err
			return
		}
		quiet <- errors.New("the jobs do not end")
	}()
	return quiet
}

// asJob imports by a job of a server that is killed; the next server does it again.
func asJob(k *killing) (fate, error) {
	s, err := k.serve()
	if err != nil {
		return "", err
	}
	if err := s.upload(filepath.Join(k.killings.dir, "more.csv")); err != nil {
		return "", err
	}
	start := time.Now()
	quiet := k.jobs()
	select {
	case <-k.moment():
	case err := <-quiet:
		k.done(start)
		if err := errors.Join(err, k.kill(s.child)); err != nil || k.never {
			return late, err
		}
		return late, k.ended()
	}
	if err := k.kill(s.child); err != nil {
		return "", err
	}
	n, err := k.imported()
	if err != nil {
		return "", err
	}
	if s, err = k.serve(); err != nil {
		return "", err
	}
	if err := errors.Join(<-k.jobs(), k.kill(s.child)); err != nil {
		return "", fmt.Errorf("%w\n%s", err, s.said)
	}
	return k.fate(n, 1), k.ended()
}

// imported counts how often the file of the job is in force.
func (k *killing) imported() (n int, err error) {
	g, err := k.registry()
	if err != nil {
		return 0, err
	}
	list, _, err := g.Imports(k.ctx, fact.Wanted{}, 0, 1000)
	for i := range list {
		if list[i].File == "more.csv" {
			n++
		}
	}
	return n, err
}

// ofTwo works on two servers of one base, by a job and by hand. One of them is killed; the other goes on with all.
func ofTwo(k *killing) (fate, error) {
	var servers [2]*server
	for i := range servers {
		var err error
		if servers[i], err = k.serve(); err != nil {
			return "", err
		}
		defer k.kill(servers[i].child)
	}
	if err := servers[0].upload(filepath.Join(k.killings.dir, "more.csv")); err != nil {
		return "", err
	}
	start := time.Now()
	victim := k.random.IntN(2)
	killed := make(chan error, 1)
	stop := make(chan struct{})
	go func() {
		select {
		case <-k.moment():
			killed <- k.kill(servers[victim].child)
		case <-stop:
			killed <- nil
		}
	}()
	g, err := k.registry()
	if err != nil {
		return "", err
	}
	for i := range 40 {
		step := k.correcting(listRows + 10*i) // of whom the linkage after the job asks nothing
		at := i % 2
		err := step.send(servers[at])
		if err != nil && !errors.Is(err, errForm) && at == victim && !k.never {
			<-servers[victim].ended
			if err := <-killed; err != nil { // its connections have ended
				return "", err
			}
			killed <- nil
			var done bool
			if done, err = step.done(g); err == nil && !done {
				err = step.send(servers[1-victim])
			}
		}
		if err != nil {
			return "", fmt.Errorf("%s: %w", step.name, err)
		}
		if done, err := step.done(g); !done || err != nil {
			return "", errors.Join(fmt.Errorf("%s was acknowledged and is lost", step.name), err)
		}
	}
	n, err := k.imported()
	if err != nil {
		return "", err
	}
	if err := <-k.jobs(); err != nil {
		return "", fmt.Errorf("%w\n%s\n%s", err, servers[0].said, servers[1].said)
	}
	close(stop)
	if err := <-killed; err != nil {
		return "", err
	}
	alive := true
	select {
	case <-servers[victim].ended:
		alive = false
	default:
	}
	if alive {
		k.done(start)
	}
	for _, s := range servers {
		if err := k.kill(s.child); err != nil {
			return "", err
		}
	}
	switch {
	case k.never:
		return late, nil
	case alive:
		return late, k.ended()
	}
	return k.fate(n, 1), k.ended()
}
