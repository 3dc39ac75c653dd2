package web

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// parse reads a page.
func parse(t testing.TB, page string) *html.Node {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// find gives the elements that a selector means, in the order of the page: steps apart by spaces, each a tag, .class,
// #id or [name=value], or several of these together ("td.n", "input[name=text]").
func find(root *html.Node, selector string) []*html.Node {
	found := []*html.Node{root}
	for _, step := range strings.Fields(selector) {
		var next []*html.Node
		for _, n := range found {
			for d := range n.Descendants() {
				if d.Type == html.ElementNode && fits(d, step) && !slices.Contains(next, d) {
					next = append(next, d)
				}
			}
		}
		found = next
	}
	return found
}

func fits(n *html.Node, step string) bool {
	for step != "" {
		end := strings.IndexAny(step[1:], ".#[") + 1
		if end == 0 {
			end = len(step)
		}
		part := step[:end]
		step = step[end:]
		switch part[0] {
		case '.':
			if !slices.Contains(strings.Fields(attr(n, "class")), part[1:]) {
				return false
			}
		case '#':
			if attr(n, "id") != part[1:] {
				return false
			}
		case '[':
			name, value, valued := strings.Cut(strings.Trim(part, "[]"), "=")
			if !has(n, name) || valued && attr(n, name) != value {
				return false
			}
		default:
			if n.Data != part {
				return false
			}
		}
	}
	return true
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

// text is all text below an element, white space folded.
func text(n *html.Node) string {
	var out strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			out.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(out.String()), " ")
}

// texts is text for each element.
func texts(nodes []*html.Node) []string {
	list := make([]string, len(nodes))
	for i, n := range nodes {
		list[i] = text(n)
	}
	return list
}

// one gives the single element that a selector means.
func one(t testing.TB, root *html.Node, selector string) *html.Node {
	t.Helper()
	found := find(root, selector)
	if len(found) != 1 {
		t.Fatalf("%q means %d elements, want 1", selector, len(found))
	}
	return found[0]
}
