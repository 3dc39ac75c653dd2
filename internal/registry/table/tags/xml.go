// Package tags reads the elements of a workbook part as a stream, one element at a time, so that a part need not be
// held in memory.
package tags

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"
)

// ErrTooLong means that an element is longer than the limit, which no real file exceeds.
var ErrTooLong = errors.New("table: XML element too long")

// errCut means that the XML ends within an element.
var errCut = errors.New("table: XML ends too early")

// Elements reads the children of one element of a large XML part (the rows of sheetData, the si of sst). Each child is
// in memory as a whole, but is not parsed into a tree. It knows only the XML that such parts have: tags with
// attributes, and text with entities.
type Elements struct {
	r     io.Reader
	buf   []byte
	pos   int // end of what was processed
	open  int // offset of the last tag
	eof   bool
	limit int // most bytes of a child

	container, child string // local names
	end              []byte // closing tag of a child, with the prefix that the container's tag has
	inside, over     bool
}

// readAhead is the number of bytes that are read at once.
const readAhead = 256 << 10

// NewElements returns a reader of the children named child in the element container. A child of more than limit bytes
// gives ErrTooLong.
func NewElements(r io.Reader, container, child string, limit int) *Elements {
	return &Elements{r: r, container: container, child: child, limit: limit, buf: make([]byte, 0, readAhead)}
}

// Next returns the attributes and the content of the next child; io.EOF after the last. They are valid until the next
// call.
func (e *Elements) Next() (attrs, body []byte, err error) {
	for !e.over {
		if err := e.tag(); err != nil {
			e.over = true
			if err == io.EOF && e.inside {
				err = errCut
			}
			return nil, nil, err
		}
		name, attrs, closed := SplitTag(e.buf[e.open+1 : e.pos-1])
		if len(name) == 0 {
			continue
		}
		local, prefix := LocalName(name)
		closing := name[0] == '/'
		switch {
		case !e.inside && string(local) == e.container && !closing:
			e.inside, e.over = true, closed
			e.end = []byte("</" + string(prefix) + e.child + ">")
		case e.inside && string(local) == e.container && closing:
			e.over = true
		case e.inside && string(local) == e.child && !closing:
			if closed {
				return attrs, nil, nil
			}
			return e.element()
		}
	}
	return nil, nil, io.EOF
}

// Tags calls fn for every opening and closing tag. For a tag that ends with / it calls fn twice, the second time as
// closing. Names are local. Comments, declarations and character data are skipped. XML that ends within its first
// element is an error.
func (e *Elements) Tags(fn func(name, attrs []byte, closing bool) error) error {
	var root []byte
	ended := false
	for {
		err := e.tag()
		if err == io.EOF && (ended || root == nil) {
			return nil
		}
		if err == io.EOF {
			err = errCut
		}
		if err != nil {
			return err
		}
		if mark := endOf(e.buf[e.open:e.pos]); mark != "" {
			if err := e.skip(mark); err != nil {
				return err
			}
			continue
		}
		name, attrs, closed := SplitTag(e.buf[e.open+1 : e.pos-1])
		local, _ := LocalName(name)
		if len(local) == 0 || name[0] == '!' || name[0] == '?' {
			continue
		}
		if root == nil {
			root = bytes.Clone(local)
		}
		closing := name[0] == '/'
		ended = ended || (closing || closed) && bytes.Equal(local, root)
		if err := fn(local, attrs, closing); err != nil {
			return err
		}
		if closed {
			if err := fn(local, nil, true); err != nil {
				return err
			}
		}
	}
}

// endOf returns the mark that ends a comment or character data; "" for a tag.
func endOf(tag []byte) string {
	switch {
	case bytes.HasPrefix(tag, []byte("<!--")):
		return "-->"
	case bytes.HasPrefix(tag, []byte("<![CDATA[")):
		return "]]>"
	}
	return ""
}

// skip moves behind the next occurrence of a mark.
func (e *Elements) skip(mark string) error {
	e.pos = e.open
	for {
		if n := bytes.Index(e.buf[e.pos:], []byte(mark)); n >= 0 {
			e.pos += n + len(mark)
			return nil
		}
		if err := e.fill(max(e.pos, len(e.buf)-len(mark)+1)); err != nil {
			if err == io.EOF {
				err = errCut
			}
			return err
		}
		e.pos = 0
	}
}

// element reads to the end of the child whose opening tag was just read.
func (e *Elements) element() (attrs, body []byte, err error) {
	tagLen := e.pos - e.open
	from := e.pos
	for {
		if n := bytes.Index(e.buf[from:], e.end); n >= 0 {
			_, attrs, _ = SplitTag(e.buf[e.open+1 : e.open+tagLen-1])
			body = e.buf[e.open+tagLen : from+n]
			e.pos = from + n + len(e.end)
			return attrs, body, nil
		}
		seen := max(tagLen, len(e.buf)-e.open-len(e.end)+1)
		if err := e.fill(e.open); err != nil {
			e.over = true
			if err == io.EOF {
				err = errCut
			}
			return nil, nil, err
		}
		e.open, from = 0, seen
	}
}

// tag moves to the next tag. open is then the offset of its <, pos the offset behind its >.
func (e *Elements) tag() error {
	for {
		keep := len(e.buf)
		if n := bytes.IndexByte(e.buf[e.pos:], '<'); n >= 0 {
			e.open = e.pos + n
			if end := e.tagEnd(e.buf[e.open:]); end >= 0 {
				e.pos = e.open + end + 1
				if end > 1 {
					return nil
				}
				continue // <> is not a tag
			}
			keep = e.open
		}
		cut := keep < len(e.buf)
		if err := e.fill(keep); err != nil {
			if err == io.EOF && cut {
				err = errCut
			}
			return err
		}
		e.pos = 0
	}
}

// tagEnd returns the offset of the > that ends a tag. A quoted attribute may contain >, as in the name of a sheet. Tags
// of rows and cells have no such attributes.
func (e *Elements) tagEnd(tag []byte) int {
	if e.child != "" || endOf(tag) != "" {
		return bytes.IndexByte(tag, '>')
	}
	for i := 0; i < len(tag); i++ {
		switch c := tag[i]; c {
		case '>':
			return i
		case '"', '\'':
			n := bytes.IndexByte(tag[i+1:], c)
			if n < 0 {
				return -1
			}
			i += n + 1
		}
	}
	return -1
}

// fill discards everything before keep and reads more.
func (e *Elements) fill(keep int) error {
	if e.eof {
		return io.EOF
	}
	e.buf = e.buf[:copy(e.buf, e.buf[keep:])]
	if len(e.buf) > e.limit {
		return ErrTooLong
	}
	if cap(e.buf)-len(e.buf) < readAhead/2 {
		e.buf = append(make([]byte, 0, min(2*cap(e.buf), e.limit+readAhead)), e.buf...)
	}
	n, err := io.ReadAtLeast(e.r, e.buf[len(e.buf):cap(e.buf)], 1)
	e.buf = e.buf[:len(e.buf)+n]
	if err == io.EOF {
		e.eof = true
		return io.EOF
	}
	return err
}

// SplitTag splits a tag into its name (with / in a closing tag) and its attributes. closed is true if it ends with /.
func SplitTag(tag []byte) (name, attrs []byte, closed bool) {
	if len(tag) > 1 && tag[len(tag)-1] == '/' {
		closed = true
		tag = tag[:len(tag)-1]
	}
	i := 0
	for i < len(tag) && tag[i] > ' ' {
		i++
	}
	return tag[:i:i], tag[i:], closed
}

// LocalName removes the namespace prefix and the / of a closing tag. prefix includes the colon.
func LocalName(name []byte) (local, prefix []byte) {
	if len(name) > 0 && name[0] == '/' {
		name = name[1:]
	}
	if n := bytes.IndexByte(name, ':'); n >= 0 {
		return name[n+1:], name[:n+1]
	}
	return name, nil
}

// Attribute returns the value of an attribute without prefix; nil if there is none. The value is not decoded.
func Attribute(attrs []byte, name string) []byte {
	for i := 0; i < len(attrs); {
		for i < len(attrs) && attrs[i] <= ' ' {
			i++
		}
		from := i
		for i < len(attrs) && attrs[i] != '=' && attrs[i] > ' ' {
			i++
		}
		key := attrs[from:i]
		for i < len(attrs) && attrs[i] != '"' && attrs[i] != '\'' {
			i++
		}
		if i >= len(attrs) {
			return nil
		}
		quote := attrs[i]
		i++
		n := bytes.IndexByte(attrs[i:], quote)
		if n < 0 {
			return nil
		}
		if string(key) == name {
			return attrs[i : i+n]
		}
		i += n + 1
	}
	return nil
}

// AttributeText returns a decoded attribute; "" if there is none.
func AttributeText(attrs []byte, name string) string {
	return string(AppendText(nil, Attribute(attrs, name)))
}

// RelationID returns the attribute id with any prefix, as in r:id; "" if there is none.
func RelationID(attrs []byte) string {
	for rest := attrs; ; {
		n := bytes.Index(rest, []byte(":id"))
		if n < 0 {
			return ""
		}
		from := bytes.LastIndexAny(rest[:n], " \t\r\n\"'") + 1
		if end := bytes.IndexByte(rest[n:], '='); end >= 0 && len(bytes.TrimSpace(rest[n+len(":id"):n+end])) == 0 && from < n {
			if v := Attribute(rest[from:], string(rest[from:n])+":id"); v != nil {
				return string(AppendText(nil, v))
			}
		}
		rest = rest[n+len(":id"):]
	}
}

// AppendText decodes XML text and appends it to dst: entities, line breaks, and the _xHHHH_ by which workbooks write
// characters that XML does not allow.
func AppendText(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '&':
			if r, n := entity(text[i:]); n > 0 {
				dst = utf8.AppendRune(dst, r)
				i += n
				continue
			}
		case c == '\r':
			i++
			if i >= len(text) || text[i] != '\n' {
				dst = append(dst, '\n')
			}
			continue
		case c == '_' && i+7 <= len(text) && text[i+1] == 'x' && text[i+6] == '_':
			if v, err := strconv.ParseUint(string(text[i+2:i+6]), 16, 16); err == nil {
				i += 7
				if v != '\r' {
					dst = utf8.AppendRune(dst, rune(v))
				}
				continue
			}
		}
		dst = append(dst, text[i])
		i++
	}
	return dst
}

// Plain reports whether AppendText would change nothing.
func Plain(text []byte) bool {
	return bytes.IndexByte(text, '&') < 0 && bytes.IndexByte(text, '_') < 0 && bytes.IndexByte(text, '\r') < 0
}

// entity decodes the entity at the beginning of b. n is its length; 0 if there is none.
func entity(b []byte) (r rune, n int) {
	end := bytes.IndexByte(b[:min(len(b), 12)], ';')
	if end < 2 {
		return 0, 0
	}
	switch name := string(b[1:end]); name {
	case "amp":
		r = '&'
	case "lt":
		r = '<'
	case "gt":
		r = '>'
	case "quot":
		r = '"'
	case "apos":
		r = '\''
	default:
		if name[0] != '#' {
			return 0, 0
		}
		digits, base := name[1:], 10
		if len(digits) > 1 && (digits[0] == 'x' || digits[0] == 'X') {
			digits, base = digits[1:], 16
		}
		v, err := strconv.ParseUint(digits, base, 32)
		if err != nil || v > utf8.MaxRune {
			return 0, 0
		}
		r = rune(v)
	}
	return r, end + 1
}

// AppendRuns appends the text of the t elements of a string item (si, is). Phonetic hints (rPh) are left out.
func AppendRuns(dst, item []byte) []byte {
	phonetic := false
	for i := 0; i < len(item); {
		open := bytes.IndexByte(item[i:], '<')
		if open < 0 {
			return dst
		}
		i += open
		n := bytes.IndexByte(item[i:], '>')
		if n < 0 {
			return dst
		}
		name, _, closed := SplitTag(item[i+1 : i+n])
		i += n + 1
		local, _ := LocalName(name)
		opening := len(name) > 0 && name[0] != '/' && !closed
		switch {
		case string(local) == "rPh":
			phonetic = opening
		case string(local) == "t" && opening:
			end := bytes.IndexByte(item[i:], '<')
			if end < 0 {
				end = len(item) - i
			}
			if !phonetic {
				dst = AppendText(dst, item[i:i+end])
			}
			i += end
		}
	}
	return dst
}
