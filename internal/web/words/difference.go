package words

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// longestCompared is how many characters of a text are compared one by one; longer texts are shown unmarked.
const longestCompared = 300

// Differences splits two texts so that what one has and the other has not is marked in it. Of the ways to read one
// as the other, one that keeps most characters is taken.
func Differences(left, right string) (l, r []Part) {
	a, b := []rune(left), []rune(right)
	if left == right || left == "" || right == "" || len(a) > longestCompared || len(b) > longestCompared {
		return plain(left), plain(right)
	}
	// kept[i][j] is how many characters a[i:] and b[j:] have in common, in order.
	kept := make([][]int, len(a)+1)
	for i := range kept {
		kept[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				kept[i][j] = kept[i+1][j+1] + 1
			} else {
				kept[i][j] = max(kept[i+1][j], kept[i][j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			l, r = grow(l, a[i], false), grow(r, b[j], false)
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && kept[i+1][j] >= kept[i][j+1]:
			l = grow(l, a[i], true)
			i++
		default:
			r = grow(r, b[j], true)
			j++
		}
	}
	return l, r
}

func plain(text string) []Part {
	return slices.DeleteFunc([]Part{{Text: text}}, func(p Part) bool { return p.Text == "" })
}

func grow(parts []Part, c rune, found bool) []Part {
	if n := len(parts); n > 0 && parts[n-1].Found == found {
		parts[n-1].Text += string(c)
		return parts
	}
	return append(parts, Part{string(c), found})
}

// Part is a piece of a name; the found ones are marked.
type Part struct {
	Text  string
	Found bool
}

// Marked splits a name at the text that was found in it.
func Marked(name, text string) []Part {
	i := strings.Index(strings.ToLower(name), strings.ToLower(text))
	if i < 0 || !utf8.ValidString(name) || i+len(text) > len(name) {
		return []Part{{Text: name}}
	}
	parts := []Part{{Text: name[:i]}, {name[i : i+len(text)], true}, {Text: name[i+len(text):]}}
	return slices.DeleteFunc(parts, func(p Part) bool { return p.Text == "" })
}
