// Package markup writes HTML where templates would be too slow: pieces that come hundreds of times on a page, and texts
// that never change.
package markup

import (
	"fmt"
	"html/template"
	"strings"
	"sync"

	"eyas/internal/pack"
	"eyas/internal/web/locale"
)

// Pieces writes those parts of pages that come hundreds of times on one: values with their sources, the criteria of the
// recognitions with what they read. A template calls a function by reflection for everything that it prints, which took most of the time of an
// enterprise's page. Every text goes through Text, which escapes it.
type Pieces struct {
	Catalog *locale.Catalog
	out     []byte
	err     error // the first
}

// Write runs fn and gives what it wrote.
func Write(c *locale.Catalog, fn func(p *Pieces)) (template.HTML, error) {
	buffer := pieceBuffers.Get().(*[]byte)
	p := Pieces{Catalog: c, out: (*buffer)[:0]}
	fn(&p)
	html := template.HTML(p.out)
	if *buffer = p.out; cap(p.out) <= largestPiece {
		pieceBuffers.Put(buffer)
	}
	return html, p.err
}

// pieceBuffers are used again; a buffer that grew larger than most pieces are is not kept.
var pieceBuffers = sync.Pool{New: func() any { return new([]byte) }}

const largestPiece = 256 << 10

// Raw writes markup.
func (p *Pieces) Raw(markup ...string) {
	for _, s := range markup {
		p.out = append(p.out, s...)
	}
}

// Text writes text, in the page or in a quoted attribute.
func (p *Pieces) Text(s string) {
	for i := range len(s) {
		if c := s[i]; c == '<' || c == '>' || c == '&' || c == '\'' || c == '"' || c == 0 {
			s = template.HTMLEscapeString(s)
			break
		}
	}
	p.out = append(p.out, s...)
}

// Say writes a message.
func (p *Pieces) Say(key string, pairs ...any) {
	s, err := p.Catalog.Text(key, pairs...)
	if err != nil && p.err == nil {
		p.err = err
	}
	p.Text(s)
}

// SayHTML writes a message whose arguments may be pieces of a page; see locale.Catalog.HTML.
func (p *Pieces) SayHTML(key string, pairs ...any) {
	s, err := p.Catalog.HTML(key, pairs...)
	if err != nil {
		p.Fail(err)
	}
	p.Raw(string(s))
}

// Fail makes Write give an error; the first one counts.
func (p *Pieces) Fail(err error) {
	if p.err == nil {
		p.err = err
	}
}

// Link begins a link; nothing leads away from this server.
func (p *Pieces) Link(url string) {
	if !strings.HasPrefix(url, "/") && p.err == nil {
		p.err = fmt.Errorf("web: a link to %q", url)
	}
	p.Raw(`<a href="`)
	p.Text(url)
	p.Raw(`"`)
}

// Verdict is a verdict with its sign.
func (p *Pieces) Verdict(state, key string, pairs ...any) {
	p.Raw(`<span class="verdict verdict-`)
	p.Text(state)
	p.Raw(`"><svg class="icon" aria-hidden="true"><use href="#i-`)
	p.Text(state)
	p.Raw(`"/></svg>`)
	p.Say(key, pairs...)
	p.Raw(`</span>`)
}

// Status marks what was not read in the official text; verified carries no mark.
func (p *Pieces) Status(s pack.Status) {
	if s != pack.Quoted && s != pack.Modelled {
		return
	}
	p.Mark("status status-"+string(s), "status."+string(s))
}

// Mark is a word with its explanation.
func (p *Pieces) Mark(class, key string) {
	p.Raw(`<span class="`, class, `" title="`)
	p.Say(key + ".text")
	p.Raw(`">`)
	p.Say(key)
	p.Raw(`</span>`)
}
