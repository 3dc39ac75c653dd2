package pack

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// node is a YAML value with its position. Its methods accept nil and a value of another shape, and then return zero
// values, because the schema reports wrong shapes.
type node struct {
	pos   Pos
	text  string  // of a scalar, without quotes
	json  any     // of a scalar, in the form for the schema; nil for null
	keys  []entry // of a mapping
	items []*node // of a sequence
	kind  nodeKind
	exact bool // the file has the text literally, so positions in it are positions in the file
	block bool // a | block: its further lines begin in the column of the first
}

type entry struct {
	key   string
	pos   Pos
	value *node
}

type nodeKind uint8

const (
	scalarNode nodeKind = iota
	mappingNode
	sequenceNode
)

func (n *node) entry(key string) *entry {
	if n != nil {
		for i := range n.keys {
			if n.keys[i].key == key {
				return &n.keys[i]
			}
		}
	}
	return nil
}

func (n *node) get(key string) *node {
	if e := n.entry(key); e != nil {
		return e.value
	}
	return nil
}

// str returns the text of a scalar; "" for null.
func (n *node) str() string {
	if n == nil || n.kind != scalarNode {
		return ""
	}
	return n.text
}

func (n *node) list() []*node {
	if n == nil {
		return nil
	}
	return n.items
}

func (n *node) entries() []entry {
	if n == nil {
		return nil
	}
	return n.keys
}

func (n *node) null() bool { return n == nil || n.kind == scalarNode && n.json == nil }

// value returns the node in the form for the schema.
func (n *node) value() any {
	switch n.kind {
	case mappingNode:
		m := make(map[string]any, len(n.keys))
		for _, e := range n.keys {
			m[e.key] = e.value.value()
		}
		return m
	case sequenceNode:
		list := make([]any, len(n.items))
		for i, x := range n.items {
			list[i] = x.value()
		}
		return list
	}
	return n.json
}

// at returns the node at an instance location of the schema validator.
func (n *node) at(path []string) *node {
	for _, p := range path {
		switch n.kind {
		case mappingNode:
			next := n.get(p)
			if next == nil {
				return n
			}
			n = next
		case sequenceNode:
			i := 0
			if _, err := fmt.Sscan(p, &i); err != nil || i < 0 || i >= len(n.items) {
				return n
			}
			n = n.items[i]
		}
	}
	return n
}

// treeReader converts a YAML file to nodes. A pack uses no anchors, aliases or tags, because their values would be in
// another position than where they are used.
type treeReader struct {
	file  string
	lines []string
	add   func(Pos, string, string, ...any)
	bad   bool // the file has something that a pack must not use
}

// readTree parses a file; nil if it cannot be a pack file.
func readTree(file, source string, add func(Pos, string, string, ...any)) (root *node) {
	r := &treeReader{file: file, lines: strings.Split(source, "\n"), add: add}
	top := Pos{File: file, Line: 1, Column: 1}
	defer func() {
		if p := recover(); p != nil { // the parser panics on some input
			add(top, "这个文件不是 YAML：%v", "this file is not YAML: %v", p)
			root = nil
		}
	}()
	if !utf8.ValidString(source) {
		add(r.badByte(), "这个文件不是 UTF-8 编码，请另存为 UTF-8", "this file is not UTF-8: save it as UTF-8")
		return nil
	}
	f, err := parser.ParseBytes([]byte(source), 0, parser.AllowDuplicateMapKey())
	if err != nil {
		pos, msg := top, err.Error()
		var at interface {
			GetToken() *token.Token
			GetMessage() string
		}
		if errors.As(err, &at) {
			pos, msg = r.place(at.GetToken()), at.GetMessage()
		}
		add(pos, "YAML 写法有误：%s", "this is not YAML: %s", msg)
		return nil
	}
	var body ast.Node
	for _, d := range f.Docs {
		if d.Body == nil {
			continue
		}
		if body != nil {
			add(r.place(d.Body.GetToken()), "一个文件只能有一份内容；请删去 --- 或分成两个文件", "a file must have one document: remove the --- or make two files")
			return nil
		}
		body = d.Body
	}
	if body == nil {
		add(top, "这个文件是空的", "this file is empty")
		return nil
	}
	if root = r.node(body); r.bad {
		return nil
	}
	return root
}

// badByte returns the position of the first byte that is not UTF-8.
func (r *treeReader) badByte() Pos {
	for i, line := range r.lines {
		column := 1
		for j, c := range line {
			if _, n := utf8.DecodeRuneInString(line[j:]); c == utf8.RuneError && n == 1 {
				return Pos{File: r.file, Line: i + 1, Column: column}
			}
			column++
		}
	}
	return Pos{File: r.file, Line: 1, Column: 1}
}

func (r *treeReader) place(t *token.Token) Pos {
	if t == nil || t.Position == nil {
		return Pos{File: r.file, Line: 1, Column: 1}
	}
	line := min(max(1, t.Position.Line), len(r.lines)) // the parser reports a text that does not end below the last line
	return Pos{File: r.file, Line: line, Column: max(1, t.Position.Column)}
}

func (r *treeReader) node(n ast.Node) *node {
	out := &node{pos: r.place(n.GetToken())}
	switch n := n.(type) {
	case *ast.MappingNode:
		out.kind = mappingNode
		if len(n.Values) > 0 && !n.IsFlowStyle {
			out.pos = r.place(n.Values[0].Key.GetToken())
		}
		for _, v := range n.Values {
			r.entry(out, v)
		}
	case *ast.MappingValueNode:
		out.kind, out.pos = mappingNode, r.place(n.Key.GetToken())
		r.entry(out, n)
	case *ast.SequenceNode:
		out.kind = sequenceNode
		for _, v := range n.Values {
			if v == nil {
				continue
			}
			out.items = append(out.items, r.node(v))
		}
	case *ast.NullNode:
		out.exact = true
	case *ast.BoolNode:
		out.text, out.json, out.exact = n.GetToken().Value, n.Value, true
	case *ast.IntegerNode, *ast.FloatNode:
		out.text = n.GetToken().Value
		out.json, out.exact = number(out.text), true
	case *ast.StringNode:
		out.text, out.json = n.Value, n.Value
		r.measure(out, n.GetToken().Type)
	case *ast.LiteralNode:
		out.text = strings.TrimRight(n.Value.Value, "\n")
		out.json = out.text
		r.measureBlock(out, n.Start)
	case *ast.InfinityNode, *ast.NanNode:
		out.text = n.GetToken().Value
		out.json = out.text
	default:
		r.bad = true
		r.add(out.pos, "城市包里不用锚点、别名和标签；以 !、& 或 * 开头的文字请加引号",
			"a pack must not use anchors, aliases or tags: put text that begins with !, & or * in quotes")
	}
	return out
}

// number returns a YAML number in the form of JSON. Other notations stay text.
func number(text string) any {
	if json.Valid([]byte(text)) {
		return json.Number(text)
	}
	return text
}

func (r *treeReader) entry(out *node, v *ast.MappingValueNode) {
	pos := r.place(v.Key.GetToken())
	key := v.Key.GetToken().Value
	if _, ok := v.Key.(ast.ScalarNode); !ok {
		r.add(pos, "键必须是一个词", "a key must be one word")
		return
	}
	if first := out.entry(key); first != nil {
		r.add(pos, "%q 写了两次（第一次在第 %d 行）；请删去一个", "%q is given twice (first on line %d): remove one", key, first.pos.Line)
		return
	}
	value := &node{pos: pos}
	if v.Value != nil {
		value = r.node(v.Value)
	}
	out.keys = append(out.keys, entry{key, pos, value})
}

// measure moves the position behind an opening quote, and finds out whether the file has the text literally.
func (r *treeReader) measure(n *node, t token.Type) {
	if t == token.SingleQuoteType || t == token.DoubleQuoteType {
		n.pos.Column++
	}
	if n.pos.Line <= len(r.lines) {
		if rest, ok := after(r.lines[n.pos.Line-1], n.pos.Column); ok {
			n.exact = strings.HasPrefix(rest, n.text)
		}
	}
}

// measureBlock finds the beginning of a | block. Folded blocks are not literal, because their lines are joined.
func (r *treeReader) measureBlock(n *node, start *token.Token) {
	if start == nil || !strings.HasPrefix(start.Value, "|") {
		return
	}
	first, _, _ := strings.Cut(n.text, "\n")
	line := n.pos.Line // the block begins on the next line
	if first == "" || line >= len(r.lines) {
		return
	}
	i := strings.Index(r.lines[line], first)
	if i < 0 || strings.Trim(r.lines[line][:i], " ") != "" {
		return
	}
	n.pos.Line, n.pos.Column = line+1, i+1
	n.exact, n.block = true, true
}

// after returns the text of a line from a column on.
func after(line string, column int) (string, bool) {
	for i := range line {
		if column == 1 {
			return line[i:], true
		}
		column--
	}
	return "", false
}
