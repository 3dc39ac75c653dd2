package web

import "slices"

// longestCompared is how many characters of a text are compared one by one; longer texts are shown unmarked.
const longestCompared = 300

// differences splits two texts so that what one has and the other has not is marked in it. Of the ways to read one
// as the other, one that keeps most characters is taken.
func differences(left, right string) (l, r []part) {
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

func plain(text string) []part {
	return slices.DeleteFunc([]part{{Text: text}}, func(p part) bool { return p.Text == "" })
}

func grow(parts []part, c rune, found bool) []part {
	if n := len(parts); n > 0 && parts[n-1].Found == found {
		parts[n-1].Text += string(c)
		return parts
	}
	return append(parts, part{string(c), found})
}
