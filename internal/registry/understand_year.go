package registry

import (
	"strings"
	"time"

	"eyas/internal/registry/cell"
)

// yearAt is a year and where it stands in a text.
type yearAt struct{ year, at int }

// yearsIn finds the years from 1950 to 2099 that a text names: four digits with no digit beside them.
func yearsIn(s string) (found []yearAt) {
	for i := 0; i+4 <= len(s); i++ {
		if !isDigit(s[i]) {
			continue
		}
		size := 1
		for i+size < len(s) && isDigit(s[i+size]) {
			size++
		}
		if size == 4 {
			if y := int(s[i]-'0')*1000 + int(s[i+1]-'0')*100 + int(s[i+2]-'0')*10 + int(s[i+3]-'0'); y >= 1950 && y < 2100 {
				found = append(found, yearAt{y, i})
			}
		}
		i += size
	}
	return found
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// yearOf reads which year's figures a title, a sheet name or a file name says the table holds; 0 when it says none,
// or several. The number of a document (〔2021〕3号), the time of reporting (2021年3月, 2021年填报) are not the year;
// 2020年度 beats a plain 2021年.
func yearOf(text string) int {
	key := cell.NameKey(text)
	plain, sure := map[int]bool{}, map[int]bool{}
	for _, f := range yearsIn(key) {
		after := key[f.at+4:]
		if f.at > 0 && key[f.at-1] == '(' && strings.HasPrefix(after, ")") && strings.Contains(after[:min(len(after), 24)], "号") {
			continue // (2021)3号, with brackets made round by the key
		}
		switch {
		case hasAnyPrefix(after, "年度", "年1-12月", "年1月-12月", "年1至12月", "年12月31日", "年末", "年底", "年全年", "-12-31"):
			sure[f.year] = true
		case monthFollows(after), hasAnyPrefix(after, "年填", "年报送", "年上报"):
		default:
			plain[f.year] = true
		}
	}
	for _, set := range []map[int]bool{sure, plain} {
		if len(set) == 1 {
			for y := range set {
				return y
			}
		}
		if len(set) > 1 {
			return 0
		}
	}
	return 0
}

// monthFollows reports that a year is part of a date: 2021年3月, 2021-03-01, 2021.3.
func monthFollows(after string) bool {
	rest := after
	for _, sign := range []string{"年", "-", "/", ".", "_"} {
		if cut, ok := strings.CutPrefix(after, sign); ok {
			rest = cut
			digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
			if digits == 0 || digits > 2 {
				return false
			}
			return sign == "年" && strings.HasPrefix(rest[digits:], "月") || sign != "年" && (strings.HasPrefix(rest[digits:], sign) || sign != "_")
		}
	}
	return false
}

func hasAnyPrefix(s string, prefixes ...string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// yearCell reads the year of a row: 2020, 2020年, 2020年度, 2020.0, or a whole date. 0 when it is none.
func yearCell(b []byte) int {
	s := string(cell.Trim(b))
	if len(s) > 40 {
		return 0
	}
	key := cell.NameKey(s)
	if len(key) >= 4 && isDigit(key[0]) {
		found := yearsIn(key[:4])
		switch key[4:] {
		case "", "年", "年度", ".0", "年末", "年底":
			if len(found) == 1 {
				return found[0].year
			}
			return 0
		}
	}
	if days, bad := cell.Date(b); bad == nil {
		return time.Unix(days*86400, 0).UTC().Year()
	}
	return 0
}
