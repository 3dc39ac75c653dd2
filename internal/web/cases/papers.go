package cases

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/disclosure"
	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/file"
	"eyas/internal/matter"
	"eyas/internal/matter/desk"
	"eyas/internal/pack"
	"eyas/internal/web/address"
)

// largestPaper bounds one paper of a case, in bytes.
const largestPaper = 20 << 20

// note is what is kept with the link of a paper.
type note struct {
	Attachment string `json:"attachment"`
	Pending    bool   `json:"pending,omitempty"` // it goes with the next answer of the applicant
}

func scopeOf(id int64) file.Scope {
	return file.Scope{Kind: kind, ID: strconv.FormatInt(id, 10)}
}

// waiting is a paper that was sent and goes with the next answer.
type waiting struct {
	link       file.Link
	attachment string
}

// pending are the papers that go with the next answer, the oldest first.
func (x *reader) pending() (list []waiting, err error) {
	if x.Files == nil {
		return nil, nil
	}
	links, err := x.Files.Links(x.r.Context(), scopeOf(x.c.ID))
	if err != nil {
		return nil, err
	}
	for _, l := range links {
		var n note
		if json.Unmarshal(l.Note, &n) == nil && n.Pending {
			list = append(list, waiting{l, n.Attachment})
		}
	}
	slices.Reverse(list)
	return list, nil
}

// together are the files of the form with those that wait. Where one paper is asked for, the new one takes its place.
func (x *reader) together(pending []waiting) map[string][]matter.File {
	files := map[string][]matter.File{}
	for _, p := range pending {
		if files[p.attachment] == nil {
			files[p.attachment] = slices.Clone(x.c.Form.Files[p.attachment])
		}
		if !slices.ContainsFunc(files[p.attachment], func(f matter.File) bool { return f.Hash == p.link.SHA256 }) {
			if a := x.t.Form.Attachment(p.attachment); a != nil && a.Most == 1 {
				files[p.attachment] = nil
			}
			files[p.attachment] = append(files[p.attachment], matter.File{Name: p.link.Name, Hash: p.link.SHA256, Size: p.link.Size})
		}
	}
	return files
}

// settled says of papers that waited that they went with an answer.
func (x *reader) settled(a matter.Act) error {
	if a.Do != matter.ActSupply {
		return nil
	}
	pending, err := x.pending()
	if err != nil {
		return err
	}
	for _, p := range pending {
		_, err := x.Files.SetNote(x.r.Context(), p.link.ID, func(json.RawMessage) (json.RawMessage, error) {
			return json.Marshal(note{Attachment: p.attachment})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// takePaper keeps a file of an attachment: at once in a draft, with the next answer where more was asked for, and in the place of a
// promise.
func (s *room) takePaper(w http.ResponseWriter, r *http.Request) error {
	defer io.Copy(io.Discard, io.LimitReader(r.Body, 2*largestPaper)) // so that the browser reads the answer
	x, err := s.read(r)
	if err != nil {
		return err
	}
	do, visit := x.formDo()
	if do == "" || s.Files == nil {
		return errTakesNone()
	}
	a := x.t.Form.Attachment(r.URL.Query().Get("paper"))
	if a == nil {
		return fault.New(fault.Invalid, "没有这份材料。请在表单页选择文件。", "There is no such paper. Choose a file on the page of the form.")
	}
	if do == matter.ActSupply {
		pending, err := x.pending()
		if err != nil {
			return err
		}
		if files, sent := x.together(pending)[a.ID]; a.Most > 1 && (len(files) >= a.Most || !sent && len(x.c.Form.Files[a.ID]) >= a.Most) {
			return errMany(a)
		}
	}
	link, err := s.keepPaper(r, x, a, do == matter.ActSupply)
	if err != nil {
		return err
	}
	if do != matter.ActSupply {
		if err := s.attach(r.Context(), x, a, do, visit, link); err != nil {
			if derr := s.Files.Detach(context.WithoutCancel(r.Context()), link.ID, link.Actor); derr != nil {
				s.Log.Error("a paper stays", "case", x.c.ID, "error", derr)
			}
			return err
		}
	}
	s.Recount(r.Context())
	to := x.ask.Link(casePath(x.c.ID)+"/form", "step", stepPapers)
	if do == matter.ActFulfil {
		to = x.ask.Link(casePath(x.c.ID))
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// attach writes into the form, or in the place of a promise, that there is a file.
func (s *room) attach(ctx context.Context, x *reader, a *pack.Attachment, do string, visit int, link file.Link) error {
	files := append(slices.Clone(x.c.Form.Files[a.ID]), matter.File{Name: link.Name, Hash: link.SHA256, Size: link.Size})
	if len(files) > a.Most && a.Most == 1 {
		files = files[1:] // one paper is replaced
	}
	if len(files) > a.Most {
		return errMany(a)
	}
	by := map[string][]matter.File{a.ID: files}
	act := matter.Act{Do: do, Visit: visit, Form: &matter.Form{Files: by}}
	if do == matter.ActFulfil {
		act = matter.Act{Do: do, Files: by}
	}
	_, err := s.Desk.Act(ctx, x.c.ID, act)
	return err
}

// keepPaper stores the file of a form.
func (s *room) keepPaper(r *http.Request, x *reader, a *pack.Attachment, pending bool) (l file.Link, err error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return l, errNoPaper().Wrap(err)
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return l, errNoPaper()
		}
		if err != nil {
			return l, errTorn(err)
		}
		if part.FormName() != "file" || part.FileName() == "" {
			continue
		}
		name := filepath.Base(strings.ReplaceAll(part.FileName(), `\`, "/")) // browsers on Windows may send a path
		if err := address.CheckText(name); err != nil {
			return l, err
		}
		ending := strings.ToLower(strings.TrimPrefix(filepath.Ext(name), "."))
		if !slices.Contains(a.Types, ending) {
			return l, fault.New(fault.Invalid, "“"+name+"”的类型不对，"+a.Name.ZH+"可以是 "+strings.Join(a.Types, "、")+"。", "“"+name+"” is of another type than "+strings.Join(a.Types, ", ")+".")
		}
		begin := make([]byte, 512)
		n, err := io.ReadFull(part, begin)
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
			return l, errTorn(err)
		}
		if n == 0 {
			return l, fault.New(fault.Invalid, "“"+name+"”是空的。", "“"+name+"” is empty.")
		}
		if kind := http.DetectContentType(begin[:n]); !fits(ending, kind) {
			return l, fault.New(fault.Invalid, "“"+name+"”的内容不是 "+ending+"。请另存为 "+ending+" 后再传。", "What is in “"+name+"” is not "+ending+": save it as "+ending+" and send it again.")
		}
		text, err := json.Marshal(note{Attachment: a.ID, Pending: pending})
		if err != nil {
			return l, err
		}
		body := &bounded{Reader: io.MultiReader(bytes.NewReader(begin[:n]), part), left: largestPaper}
		l, err = s.Files.Put(r.Context(), body, file.Link{Scope: scopeOf(x.c.ID), Name: name, Type: file.TypeOf(name), Actor: s.Actors.Acting(r.Context()).ID, Note: text})
		switch {
		case body.over:
			return l, fault.New(fault.TooLarge, fmt.Sprintf("“%s”太大，最多 %s。", name, figure.Size(largestPaper)), fmt.Sprintf("“%s” is too large: at most %s.", name, figure.Size(largestPaper)))
		case body.err != nil:
			return l, errTorn(body.err)
		}
		return l, err
	}
}

// fits reports whether the kind of a content is one that an ending may have. Endings that are not known may have any.
func fits(ending, kind string) bool {
	switch ending {
	case "pdf":
		return kind == "application/pdf"
	case "jpg", "jpeg":
		return kind == "image/jpeg"
	case "png":
		return kind == "image/png"
	}
	return true
}

// bounded is a reader that fails behind its bound.
type bounded struct {
	io.Reader
	left int64
	over bool
	err  error
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if b.left -= int64(n); b.left < 0 {
		b.over = true
		return 0, errors.New("the file is too large")
	}
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return n, err
}

func errMany(a *pack.Attachment) error {
	return fault.New(fault.Invalid, fmt.Sprintf("“%s”最多 %d 个文件。", a.Name.ZH, a.Most), fmt.Sprintf("At most %d files for %s.", a.Most, a.Name.In("en")))
}

func errTakesNone() error {
	return fault.New(fault.Conflict, "这件办件现在不收材料，可能已经提交。", "This case takes no papers now: it may have been filed already.")
}

func errNoPaper() *fault.Error {
	return fault.New(fault.Invalid, "还没有选择文件。", "No file was chosen.")
}

func errTorn(err error) error {
	return fault.New(fault.Invalid, "文件没有完整收到，没有保存任何内容。请再传一次。", "The file did not arrive complete, and nothing of it was kept: send it again.").Wrap(err)
}

// dropPaper takes a file out of a draft, or one that waits. Versions that were filed keep theirs.
func (s *room) dropPaper(w http.ResponseWriter, r *http.Request) error {
	x, err := s.read(r)
	if err != nil {
		return err
	}
	do, visit := x.formDo()
	if do == "" || s.Files == nil {
		return errTakesNone()
	}
	id, hash := r.PostForm.Get("paper"), r.PostForm.Get("hash")
	pending, err := x.pending()
	if err != nil {
		return err
	}
	for _, p := range pending {
		if p.attachment == id && p.link.SHA256 == hash {
			if err := s.Files.Detach(r.Context(), p.link.ID, s.Actors.Acting(r.Context()).ID); err != nil {
				return err
			}
		}
	}
	if files := x.c.Form.Files[id]; do == matter.ActSave {
		left := slices.DeleteFunc(slices.Clone(files), func(f matter.File) bool { return f.Hash == hash })
		if len(left) < len(files) {
			if _, err := s.Desk.Act(r.Context(), x.c.ID, matter.Act{Do: do, Visit: visit, Form: &matter.Form{Files: map[string][]matter.File{id: left}}}); err != nil {
				return err
			}
		}
	}
	http.Redirect(w, r, x.ask.Link(casePath(x.c.ID)+"/form", "step", stepPapers), http.StatusSeeOther)
	return nil
}

// fetch gives a paper of a case as it came, and keeps to whom it was given.
func (s *room) fetch(w http.ResponseWriter, r *http.Request) error {
	x, err := s.read(r)
	if err != nil {
		return err
	}
	none := fault.New(fault.NotFound, "没有这份材料，或没有保存它的内容。", "There is no such paper, or what is in it was not kept.")
	if !x.takes() {
		return fault.New(fault.Forbidden, "您的角色不能下载办件材料。", "Your role may not take papers of cases along.")
	}
	hash := r.PathValue("hash")
	f, _, found := desk.FileIn(x.seen, hash)
	if !found {
		pending, err := x.pending()
		if err != nil {
			return err
		}
		do, _ := x.formDo()
		i := slices.IndexFunc(pending, func(p waiting) bool { return p.link.SHA256 == hash })
		if i < 0 || do == "" {
			return none
		}
		f = matter.File{Name: pending[i].link.Name, Hash: hash}
	}
	links, err := s.Files.Links(r.Context(), scopeOf(x.c.ID))
	if err != nil {
		return err
	}
	i := slices.IndexFunc(links, func(l file.Link) bool { return l.SHA256 == hash }) // that somebody names a hash gives him no file
	if i < 0 {
		return none
	}
	if s.Disclosures != nil {
		if err := s.Disclosures.Exported(r.Context(), disclosure.Export{What: r.URL.Path, Subject: x.c.Subject}, nil); err != nil {
			return err
		}
	}
	local, err := s.Files.Local(r.Context(), hash)
	if err != nil {
		return err
	}
	in, err := s.Files.OpenFile(local)
	if err != nil {
		return fmt.Errorf("open %s: %w", local, err)
	}
	defer in.Close()
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream") // whatever is in it, no browser shows it as a page of ours
	h.Set("Content-Disposition", "attachment; filename=\"download\"; filename*=UTF-8''"+url.PathEscape(f.Name))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	http.ServeContent(w, r, "", links[i].At, in)
	return nil
}
