package markup

import (
	"html/template"
	"strings"
	tree "text/template/parse"

	"eyas/internal/web/locale"
)

// Settle writes what does not depend on a view into templates before they run: {{T "key"}} becomes its text. A page has
// hundreds of them, and calling a function from a template costs more than everything else that it does.
func Settle(t *template.Template, c *locale.Catalog) {
	for _, t := range t.Templates() {
		if t.Tree != nil {
			settleList(t.Tree.Root, c)
		}
	}
}

func settleList(l *tree.ListNode, c *locale.Catalog) {
	if l == nil {
		return
	}
	for i, n := range l.Nodes {
		switch n := n.(type) {
		case *tree.ActionNode:
			if text, ok := constant(n.Pipe, c); ok {
				l.Nodes[i] = &tree.TextNode{NodeType: tree.NodeText, Pos: n.Pos, Text: []byte(text)}
			}
		case *tree.IfNode:
			settleList(n.List, c)
			settleList(n.ElseList, c)
		case *tree.RangeNode:
			settleList(n.List, c)
			settleList(n.ElseList, c)
		case *tree.WithNode:
			settleList(n.List, c)
			settleList(n.ElseList, c)
		}
	}
}

// constant is the text of {{T "key"}}. One with a character that means something in HTML is left to be escaped where it
// stands, and a key that has no text, or one with places to fill, to be an error when it is used.
func constant(p *tree.PipeNode, c *locale.Catalog) (string, bool) {
	if len(p.Decl) > 0 || len(p.Cmds) != 1 || len(p.Cmds[0].Args) != 2 {
		return "", false
	}
	name, _ := p.Cmds[0].Args[0].(*tree.IdentifierNode)
	key, _ := p.Cmds[0].Args[1].(*tree.StringNode)
	if name == nil || name.Ident != "T" || key == nil {
		return "", false
	}
	text, err := c.Text(key.Text)
	return text, err == nil && !strings.ContainsAny(text, "<>&\"'`=\\\x00")
}
