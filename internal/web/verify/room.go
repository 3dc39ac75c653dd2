// Package verify is the public page that says whether a certificate holds. Who has the token of its QR code, or its number and the code of
// its holder, is told; nothing else is, and no personal data are.
package verify

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"net/http"
	"strings"

	"github.com/boombuler/barcode/qr"

	"eyas/internal/matter/desk"
	"eyas/internal/web/frame"
)

//go:embed pages
var pages embed.FS

//go:embed texts
var texts embed.FS

// Certificates tells of certificates; see desk.Desk.
type Certificates interface {
	Verify(ctx context.Context, token string) (desk.Verified, error)
	VerifyNumber(ctx context.Context, number, code string) (desk.Verified, error)
}

// Services is what the room stands on.
type Services struct {
	Certificates Certificates // nil: no certificate is known
	TLS          bool         // browsers come by HTTPS through a proxy
}

type room struct {
	*frame.Frame
	Services
}

// New makes the room.
func New(f *frame.Frame, sv Services) frame.Room {
	s := &room{f, sv}
	return frame.Room{Timeless: []string{"/verify"}, Pages: pages, Texts: texts, Routes: func(t *frame.Routes) {
		t.Open("GET /verify", s.ask)
		t.Open("GET /verify/{token}", s.show)
		t.Open("GET /verify/{token}/qr.svg", s.code)
	}}
}

// view is what the page shows.
type view struct {
	desk.Verified
	Asked        bool // somebody asked for a certificate
	Title        string
	Number, Code string // as they were asked for
}

// ask looks up a number with the code of the holder.
func (s *room) ask(w http.ResponseWriter, r *http.Request) error {
	v := view{Number: strings.TrimSpace(r.FormValue("number")), Code: strings.ToUpper(strings.TrimSpace(r.FormValue("code")))}
	if v.Asked = v.Number != "" || v.Code != ""; v.Asked && s.Certificates != nil {
		found, err := s.Certificates.VerifyNumber(r.Context(), v.Number, v.Code)
		if err != nil {
			return err
		}
		v.Verified = found
	}
	return s.render(w, r, v)
}

func (s *room) show(w http.ResponseWriter, r *http.Request) error {
	v := view{Asked: true, Verified: desk.Verified{State: desk.Unknown}}
	if s.Certificates != nil {
		found, err := s.Certificates.Verify(r.Context(), r.PathValue("token"))
		if err != nil {
			return err
		}
		v.Verified = found
	}
	return s.render(w, r, v)
}

func (s *room) render(w http.ResponseWriter, r *http.Request, v view) error {
	w.Header().Set("X-Robots-Tag", "noindex")
	w.Header().Set("Cache-Control", "no-store")
	if v.State == "" {
		v.State = desk.Unknown
	}
	v.Title = v.Name.In(s.LangOf(r))
	return s.Render(w, r, "verify", v)
}

// code draws the QR code of the page of a certificate.
func (s *room) code(w http.ResponseWriter, r *http.Request) error {
	token := r.PathValue("token")
	if s.Certificates == nil {
		return frame.ErrNoPage()
	}
	found, err := s.Certificates.Verify(r.Context(), token)
	if err != nil {
		return err
	}
	if found.Token == "" {
		return frame.ErrNoPage()
	}
	scheme := "http"
	if s.TLS || r.TLS != nil {
		scheme = "https"
	}
	picture, err := draw(scheme + "://" + r.Host + "/verify/" + token)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "image/svg+xml")
	w.Header().Set("Cache-Control", "no-store")
	_, err = w.Write(picture)
	return err
}

// draw draws a text as a QR code, with the four modules of quiet around it.
func draw(text string) ([]byte, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return nil, fmt.Errorf("verify.draw: %w", err)
	}
	const quiet = 4
	n := code.Bounds().Dx()
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[1]d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%[1]dv%[1]dH0z"/><path d="`, n+2*quiet)
	for y := range n {
		for x := range n {
			if c, _, _, _ := code.At(x, y).RGBA(); c == 0 {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return b.Bytes(), nil
}
