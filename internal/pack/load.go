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
	_ "time/tzdata" // a bureau's machine may have no time zone data
)

// largestFile is the most bytes of a pack file. The longest code list of a national standard has a fiftieth of it.
const largestFile = 4 << 20

// Load reads and checks the pack in a folder of a file system. The error is an Errors with all faults of all files,
// with their positions. Expressions are kept as text; package rule checks them.
func Load(fsys fs.FS, root string) (*Pack, error) {
	return load(fsys, root, func(name string) string { return path.Join(root, name) })
}

// LoadDir is Load for a folder on this machine. Positions name files with dir in front.
func LoadDir(dir string) (*Pack, error) {
	return load(os.DirFS(dir), ".", func(name string) string { return filepath.Join(dir, name) })
}

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// loader collects the parts and the faults of a pack.
type loader struct {
	pack         *Pack
	errs         Errors
	shown        func(string) string // name below the root → name in positions
	texts        map[string]string   // name below the root → content
	unread       map[string]bool     // folders with an unreadable file; what it defines is not reported as missing
	orgs         map[string]*Org
	registers    map[string]*Register
	codeLists    map[string]*node
	codesAt      map[*Attribute]Pos
	relationsAt  map[*Relation]*node // the nodes of their lists of registers
	ladder       []*node             // rule ids in pack.yaml
	industriesAt Pos                 // position of industries in pack.yaml
	mainAt       Pos                 // position of main in pack.yaml, else of registers
	lawsAt       map[*Rule][]Pos     // positions of a rule's laws
	testsAt      []*testFile
}

func load(fsys fs.FS, root string, shown func(string) string) (*Pack, error) {
	l := &loader{pack: &Pack{sources: map[string]string{}, Zone: time.UTC}, shown: shown, texts: map[string]string{}, unread: map[string]bool{},
		codesAt: map[*Attribute]Pos{}, relationsAt: map[*Relation]*node{}, orgs: map[string]*Org{}, registers: map[string]*Register{}, codeLists: map[string]*node{}, lawsAt: map[*Rule][]Pos{}}
	names := l.readAll(fsys, root)
	for _, part := range parts {
		l.readPart(part, names)
	}
	if len(l.errs) > 0 {
		return nil, annotate(l.errs, l.pack.sources)
	}
	return l.pack, nil
}

// part is a file of a pack, or a folder of files with the same schema.
type part struct {
	path   string // a folder ends with a slash
	schema string // name of its schema
	needed bool   // a pack without this file is at fault
	read   func(*loader, *node)
	then   func(*loader) // is called after all of the part was read; may be nil
}

// parts are the parts of a pack in the order of reading. A part may refer to definitions in earlier parts. A new kind
// of definition needs a line here, a schema and a reader.
var parts = []part{
	{path: "org.yaml", schema: "org", needed: true, read: (*loader).readOrgs},
	{path: "places.yaml", schema: "places", read: (*loader).readPlaces},
	{path: "words.yaml", schema: "words", read: (*loader).readWords},
	{path: "registers/", schema: "register", read: (*loader).readRegister},
	{path: "codes/", schema: "codes", read: (*loader).readCodes},
	{path: "pack.yaml", schema: "pack", needed: true, read: (*loader).readTop},
	{path: "connectors/", schema: "connector", read: (*loader).readConnector},
	{path: "sources.yaml", schema: "sources", read: (*loader).readSources, then: func(l *loader) { l.joinConnectors(); l.checkCodeNames(); l.checkRelations() }},
	{path: "rules/", schema: "rule", read: (*loader).readRule, then: func(l *loader) { l.orderRules(); l.joinCertificates(); l.checkMain() }},
	{path: "tests/", schema: "tests", read: (*loader).readTests, then: (*loader).readCases},
	{path: "quality.yaml", schema: "quality", read: (*loader).readQuality},
	{path: "roles.yaml", schema: "roles", read: (*loader).readRoles},
	{path: "retention.yaml", schema: "retention", read: (*loader).readRetention},
	{path: "matters/", schema: "matter", read: (*loader).readMatter},
	{path: "calendar/", schema: "calendar", read: (*loader).readCalendar},
}

// readPart reads one part. names are the files of the pack.
func (l *loader) readPart(p part, names []string) {
	switch folder := strings.HasSuffix(p.path, "/"); {
	case folder:
		for _, name := range names {
			if strings.HasPrefix(name, p.path) {
				p.read(l, l.file(name, p.schema))
			}
		}
	case p.needed || l.has(p.path):
		p.read(l, l.file(p.path, p.schema))
	}
	if p.then != nil {
		p.then(l)
	}
}

// readAll reads every YAML file below the root and returns their names in order.
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
			zh, en := shelves()
			l.add(pos, "城市包里没有放这个文件的地方；文件是 %s", "this file does not belong in a pack: its files are %s", choice{zh, en})
			return nil
		}
		if info, err := d.Info(); err == nil && info.Size() > largestFile {
			l.add(pos, "文件太大：%d 字节，最多 %d 字节", "the file is too large: %d bytes, and at most %d are allowed", info.Size(), largestFile)
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

// known reports whether a file belongs to a pack.
func known(name string) bool {
	dir, _ := path.Split(name)
	return slices.ContainsFunc(parts, func(p part) bool { return p.path == name || p.path == dir })
}

// shelves lists the files and folders of a pack.
func shelves() (zh, en string) {
	var files, folders []string
	for _, p := range parts {
		if dir, ok := strings.CutSuffix(p.path, "/"); ok {
			folders = append(folders, dir)
		} else {
			files = append(files, p.path)
		}
	}
	last := len(folders) - 1
	return strings.Join(files, "、") + "，以及 " + strings.Join(folders, "、") + " 目录里的 .yaml",
		strings.Join(files, ", ") + ", and .yaml in " + strings.Join(folders[:last], ", ") + " and " + folders[last]
}

// has reports whether an optional file exists.
func (l *loader) has(name string) bool { _, ok := l.texts[name]; return ok }

// file parses a file and checks it against its schema. It returns nil if the file cannot be used.
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

// add reports a fault in both languages. An argument of type choice has a text for each.
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
	if !slices.ContainsFunc(l.errs, func(o *Error) bool { return o.Pos == pos && o.Text == e.Text }) { // cases can share a value and so its fault
		l.errs = append(l.errs, e)
	}
}

func (l *loader) readTop(n *node) {
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
		r := l.registers[x.str()]
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
	for id, r := range l.registers {
		if !slices.Contains(p.Registers, r) {
			l.add(r.Pos, "pack.yaml 的 registers 没有列出 %q", "%q is not listed under registers in pack.yaml", id)
		}
	}
	l.ladder = n.get("ladder").list()
	p.Industries, l.industriesAt = n.get("industries").str(), n.get("industries").place(n)
	l.mainAt = n.get("registers").place(n)
	if x := n.get("main"); x.str() != "" {
		if p.MainID, l.mainAt = x.str(), x.pos; p.Main() == nil && !l.unread["registers"] {
			l.add(x.pos, "pack.yaml 的 registers 没有列出主库 %q", "the main register %q is not listed under registers in pack.yaml", x.str())
		}
	}
}

// checkMain checks that a main register can be determined. It is called after the rules are read.
func (l *loader) checkMain() {
	if l.unread["rules"] || l.unread["registers"] || slices.ContainsFunc(l.pack.Rules, func(r *Rule) bool { return l.register(r.Register) == nil }) {
		return // this fault must be corrected first
	}
	if l.pack.MainID == "" && l.pack.Main() == nil && len(l.pack.Registers) > 0 {
		l.add(l.mainAt, "请用 main 写明主库：这些库有几个，而规则没有都针对其中一个", "name the main register with main: there are several registers, and the rules are not all about one of them")
	}
}

func text(n *node) Text { return Text{ZH: n.get("zh").str(), EN: n.get("en").str()} }

// date reads a date. It is zero for none, and for one that the schema refused.
func (l *loader) date(n *node) time.Time {
	s := n.str()
	if s == "" || len(s) != len(time.DateOnly) {
		return time.Time{}
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		l.add(n.pos, "日历上没有 %s 这一天", "%s is not a date of the calendar", s)
	}
	return t
}

// expression reads a CEL expression. It must be in the file literally, so that positions in it are positions in the
// file.
func (l *loader) expression(n *node) (string, Pos) {
	if n == nil {
		return "", Pos{}
	}
	if n.str() != "" && !n.exact {
		l.add(n.pos, "表达式请写在一行里（有 : 或以 ! 开头时加双引号），或写在 | 之后，这样出错时才能指出位置",
			"write an expression on one line (in double quotes when it has a : or begins with !), or as a block after |, so that a fault in it has a position")
	}
	return n.str(), n.pos
}
