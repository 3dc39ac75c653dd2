package main

import (
	"bytes"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// readForm reads the fields of the form of a page that is sent to an address, as a browser would send them; nil when there is
// none.
func readForm(page []byte, action string) (form url.Values) {
	doc, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		return nil
	}
	var walk func(n *html.Node, in bool)
	walk = func(n *html.Node, in bool) {
		if n.Type == html.ElementNode {
			switch name := attr(n, "name"); {
			case n.Data == "form" && attr(n, "method") == "post" && path(attr(n, "action")) == action:
				in, form = true, url.Values{}
			case !in || name == "":
			case n.Data == "input" && (attr(n, "type") != "checkbox" && attr(n, "type") != "radio" || has(n, "checked")) && attr(n, "type") != "submit":
				form.Add(name, attr(n, "value"))
			case n.Data == "textarea" && n.FirstChild != nil:
				form.Add(name, n.FirstChild.Data)
			case n.Data == "select":
				form.Add(name, chosen(n))
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c, in)
		}
	}
	walk(doc, false)
	return form
}

// alertOf is what a page says first that went wrong.
func alertOf(page []byte) string {
	doc, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		return err.Error()
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode || attr(n, "role") != "alert" {
			continue
		}
		var words []string
		for c := range n.Descendants() {
			if c.Type == html.TextNode {
				words = append(words, strings.Fields(c.Data)...)
			}
		}
		return strings.Join(words, " ")
	}
	return "it does not say what"
}

// chosen is the value that a choice has.
func chosen(n *html.Node) string {
	var value string
	first := true
	for c := range n.Descendants() {
		if c.Type != html.ElementNode || c.Data != "option" || !first && !has(c, "selected") {
			continue
		}
		value, first = attr(c, "value"), false
	}
	return value
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
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

// path is an address without what stands after its path.
func path(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Path
}
