package pack

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // the machines of a bureau may have no time zones of their own
)

// largestFile bounds a pack file, in bytes; the longest code list of a national standard has a fiftieth of it.
const largestFile = 4 << 20

// Load reads and checks the pack in a folder of a file system. The error is an Errors with every fault of every
// file, each at its place. Expressions are kept as text: package rule checks them.
func Load(fsys fs.FS, root string) (*Pack, error) {
	return load(fsys, root, func(name string) string { return path.Join(root, name) })
}

// LoadDir is Load for a folder of this machine; places name files as the folder was named.
func LoadDir(dir string) (*Pack, error) {
	return load(os.DirFS(dir), ".", func(name string) string { return filepath.Join(dir, name) })
}

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// loader collects a pack and its faults.
type loader struct {
	pack        *Pack
	errs        Errors
	shown       func(string) string // how a file is named in places
	texts       map[string]string   // by name below the root
	unread      map[string]bool     // folders with a file that could not be read: what it holds is not reported as missing
	orgs        map[string]*Org
	codesAt     map[*Attribute]Pos
	relationsAt map[*Relation]*node // their lists of registers
	ladder      []*node             // rule ids of pack.yaml
	lawsAt      map[*Rule][]Pos     // places of a rule's laws
	testsAt     []*testFile
}

func load(fsys fs.FS, root string, shown func(string) string) (*Pack, error) {
	l := &loader{pack: &Pack{sources: map[string]string{}, Zone: time.UTC}, shown: shown, texts: map[string]string{}, unread: map[string]bool{},
		codesAt: map[*Attribute]Pos{}, relationsAt: map[*Relation]*node{}, orgs: map[string]*Org{}, lawsAt: map[*Rule][]Pos{}}
	names := l.readAll(fsys, root)
	top := l.file("pack.yaml", "pack")
	l.readOrgs(l.file("org.yaml", "org"))
	if _, ok := l.texts["places.yaml"]; ok && len(l.orgs) > 0 { // without orgs every place would be at fault
		l.readPlaces(l.file("places.yaml", "places"))
	}
	registers, codes := map[string]*Register{}, map[string]*node{}
	for _, name := range names {
		switch kind, _, _ := strings.Cut(name, "/"); kind {
		case "registers":
			l.readRegister(l.file(name, "register"), registers)
		case "codes":
			l.readCodes(l.file(name, "codes"), codes)
		}
	}
	l.readTop(top, registers)
	l.readSources()
	l.checkCodeNames()
	l.checkRelations()
	for _, name := range names {
		switch kind, _, _ := strings.Cut(name, "/"); kind {
		case "rules":
			l.readRule(l.file(name, "rule"))
		case "tests":
			l.readTests(l.file(name, "tests"))
		}
	}
	l.orderRules()
	l.readCases()
	if l.has("quality.yaml") {
		l.readQuality(l.file("quality.yaml", "quality"))
	}
	if len(l.errs) > 0 {
		return nil, annotate(l.errs, l.pack.sources)
	}
	return l.pack, nil
}

// readAll reads every YAML file below the root and gives their names in order.
func (l *loader) readAll(fsys fs.FS, root string) []string {
	var names []string
	sum := sha256.New()
	err := fs.WalkDir(fsys, root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(strings.TrimPrefix(file, root), "/")
		if ext := path.Ext(name); d.IsDir() || ext != ".yaml" && ext != ".yml" {
			return nil
		}
		pos := Pos{File: l.shown(name), Line: 1, Column: 1}
		if !known(name) {
			l.add(pos, "城市包里没有放这个文件的地方；文件是 pack.yaml、org.yaml、places.yaml、sources.yaml、quality.yaml，以及 registers、codes、rules、tests 目录里的 .yaml",
				"a pack has no place for this file: its files are pack.yaml, org.yaml, places.yaml, sources.yaml, quality.yaml, and .yaml in registers, codes, rules and tests")
			return nil
		}
		if info, err := d.Info(); err == nil && info.Size() > largestFile {
			l.add(pos, "文件太大：%d 字节，最多 %d 字节", "the file is too large: %d bytes, at most %d", info.Size(), largestFile)
			return nil
		}
		text, err := fs.ReadFile(fsys, file)
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%s %d\n", name, len(text))
		sum.Write(text)
		clean := strings.TrimPrefix(lineEnds.Replace(string(text)), "\ufeff")
		l.texts[name], l.pack.sources[pos.File] = clean, clean
		names = append(names, name)
		return nil
	})
	if err != nil {
		l.add(Pos{File: l.shown(""), Line: 1, Column: 1}, "目录读不了：%v", "the folder cannot be read: %v", errors.Unwrap(err))
	}
	l.pack.Fingerprint = hex.EncodeToString(sum.Sum(nil))
	slices.Sort(names)
	return names
}

// known reports whether a pack has a place for a file.
func known(name string) bool {
	switch dir, base := path.Split(name); dir {
	case "":
		return base == "pack.yaml" || base == "org.yaml" || base == "places.yaml" || base == "sources.yaml" || base == "quality.yaml"
	case "registers/", "codes/", "rules/", "tests/":
		return true
	}
	return false
}

// has reports whether a file that a pack may have is there.
func (l *loader) has(name string) bool { _, ok := l.texts[name]; return ok }

// file parses a file and holds it against its schema; nil when nothing in it can be used.
func (l *loader) file(name, shape string) *node {
	text, ok := l.texts[name]
	if !ok {
		l.add(Pos{File: l.shown(name), Line: 1, Column: 1}, "缺少文件 %s", "the file %s is missing", name)
		return nil
	}
	root := readTree(l.shown(name), text, l.add)
	if root == nil {
		l.unread[path.Dir(name)] = true
		return nil
	}
	l.checkShape(shape, root)
	return root
}

// add reports a fault in both languages; arguments of type choice differ between them.
func (l *loader) add(pos Pos, zh, en string, args ...any) {
	pick := func(zh bool) []any {
		list := slices.Clone(args)
		for i, a := range list {
			if c, ok := a.(choice); ok {
				if list[i] = c.en; zh {
					list[i] = c.zh
				}
			}
		}
		return list
	}
	e := &Error{Pos: pos, ZH: fmt.Sprintf(zh, pick(true)...), Text: fmt.Sprintf(en, pick(false)...)}
	if !slices.ContainsFunc(l.errs, func(o *Error) bool { return o.Pos == pos && o.Text == e.Text }) { // values that cases share
		l.errs = append(l.errs, e)
	}
}

func (l *loader) readTop(n *node, registers map[string]*Register) {
	if n == nil {
		return
	}
	p := l.pack
	p.ID, p.Name = n.get("id").str(), text(n.get("name"))
	if z := n.get("zone"); z.str() != "" {
		zone, err := time.LoadLocation(z.str())
		if err != nil || z.str() == "Local" {
			l.add(z.pos, "没有 %q 这个时区；请写成 Asia/Shanghai 这样", "there is no time zone %q: write it like Asia/Shanghai", z.str())
		} else {
			p.Zone = zone
		}
	}
	for _, x := range n.get("registers").list() {
		r := registers[x.str()]
		switch {
		case r == nil && l.unread["registers"]:
		case r == nil:
			l.add(x.pos, "registers 目录里没有 %q 这个库", "there is no register %q in registers", x.str())
		case slices.Contains(p.Registers, r):
			l.add(x.pos, "%q 列了两次", "%q is listed twice", x.str())
		default:
			p.Registers = append(p.Registers, r)
		}
	}
	for id, r := range registers {
		if !slices.Contains(p.Registers, r) {
			l.add(r.Pos, "pack.yaml 的 registers 没有列出 %q", "%q is not listed under registers in pack.yaml", id)
		}
	}
	l.ladder = n.get("ladder").list()
}

func text(n *node) Text { return Text{ZH: n.get("zh").str(), EN: n.get("en").str()} }

// date reads a day; zero where there is none or where the schema refused it.
func (l *loader) date(n *node) time.Time {
	s := n.str()
	if s == "" || len(s) != len(time.DateOnly) {
		return time.Time{}
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		l.add(n.pos, "日历上没有 %s 这一天", "the calendar has no %s", s)
	}
	return t
}

// expression reads CEL, which must stand in the file as it is, so that a place in it is a place in the file.
func (l *loader) expression(n *node) (string, Pos) {
	if n == nil {
		return "", Pos{}
	}
	if n.str() != "" && !n.exact {
		l.add(n.pos, "表达式请写在一行里（有 : 或以 ! 开头时加双引号），或写在 | 之后，这样出错时才能指出位置",
			"write an expression on one line (in double quotes when it has a : or begins with !), or as a block after |, so that a fault in it can be pointed at")
	}
	return n.str(), n.pos
}
