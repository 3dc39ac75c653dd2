package orgname

import (
	_ "embed"
	"strings"
	"sync"
	"unicode/utf8"
)

// The places of GB/T 2260, as the ministry of civil affairs publishes them.
//
//go:embed places.txt
var placesText string

// Place is a place by its name without kind (淄博 for 淄博市). 0 means none. Places of the standard have small numbers.
// Others, such as towns, are a hash with the highest bit set.
type Place uint32

// Unlisted is the bit of places that are not in the standard.
const Unlisted Place = 1 << 31

// Gazetteer holds the places of GB/T 2260. It is safe for concurrent use.
type Gazetteer struct {
	number map[string]Place
	names  []string
	codes  [][]uint32 // area codes of each name; several counties may have the same name
	Level  []uint8    // highest level of each name: 1 province, 2 city, 3 county
	byCode map[uint32]Place
}

// autonomous are the kinds of places that are left out when a name is abbreviated. Longer ones come first.
var autonomous = strings.Fields("壮族自治区 回族自治区 维吾尔自治区 自治区 特别行政区 自治州 自治县 自治旗 林区 特区 地区 新区 省 市 盟 州 县 旗 区")

// peoples are the nationalities in the names of autonomous places. They are left out with the kind.
var peoples = strings.Fields("各族 维吾尔 哈萨克 柯尔克孜 塔吉克 乌孜别克 塔塔尔 达斡尔族 鄂温克族 鄂伦春 布依族 土家族 哈尼族 傈僳族 拉祜族 景颇族 仫佬族 毛南族 仡佬族 布朗族 普米族 独龙族 裕固族 保安族 东乡族 撒拉族 朝鲜族 纳西族 羌族 蒙古族 蒙古 藏族 回族 苗族 彝族 壮族 侗族 瑶族 白族 傣族 黎族 畲族 水族 佤族 土族 满族 怒族 锡伯 高山族 京族")

// stem returns a place's name without its kind. A name of one character keeps it (莒县).
func stem(name string) string {
	for _, kind := range autonomous {
		s, ok := strings.CutSuffix(name, kind)
		if !ok {
			continue
		}
		for cut := strings.HasPrefix(kind, "自治"); cut; {
			cut = false
			for _, p := range peoples {
				if t, ok := strings.CutSuffix(s, p); ok && utf8.RuneCountInString(t) >= 2 {
					s, cut = t, true
				}
			}
		}
		if utf8.RuneCountInString(s) >= 2 {
			return s
		}
		return name
	}
	return name
}

// Places returns the gazetteer. It is read on first use.
var Places = sync.OnceValue(func() *Gazetteer {
	g := &Gazetteer{number: map[string]Place{}, names: []string{""}, codes: [][]uint32{nil}, Level: []uint8{0}, byCode: map[uint32]Place{}}
	for line := range strings.Lines(placesText) {
		line = strings.TrimSpace(line)
		if len(line) < 8 || line[0] == '#' {
			continue
		}
		code := uint32(0)
		for _, c := range line[:6] {
			code = code*10 + uint32(c-'0')
		}
		s := stem(line[6:])
		p, ok := g.number[s]
		if !ok {
			p = Place(len(g.names))
			g.number[s] = p
			g.names, g.codes, g.Level = append(g.names, s), append(g.codes, nil), append(g.Level, 3)
		}
		g.codes[p] = append(g.codes[p], code)
		g.byCode[code] = p
		g.Level[p] = min(g.Level[p], levelOf(code))
	}
	return g
})

func levelOf(code uint32) uint8 {
	switch {
	case code%10000 == 0:
		return 1
	case code%100 == 0:
		return 2
	}
	return 3
}

// holds reports whether area a equals b or contains it.
func holds(a, b uint32) bool {
	switch levelOf(a) {
	case 1:
		return a/10000 == b/10000
	case 2:
		return a/100 == b/100
	}
	return a == b
}

// Within reports whether inner equals outer or lies in it. It is false for different places if one is not in the
// standard.
func (g *Gazetteer) Within(inner, outer Place) bool {
	if inner == outer {
		return true
	}
	if inner >= Unlisted || outer >= Unlisted {
		return false
	}
	for _, o := range g.codes[outer] {
		if g.WithinArea(inner, o) {
			return true
		}
	}
	return false
}

// WithinArea reports whether a place lies in an area (GB/T 2260 code). It is false for a place that is not in the
// standard.
func (g *Gazetteer) WithinArea(inner Place, area uint32) bool {
	if inner >= Unlisted {
		return false
	}
	for _, i := range g.codes[inner] {
		if holds(area, i) {
			return true
		}
	}
	return false
}

// AroundArea reports whether a place contains an area (GB/T 2260 code) or is that area.
func (g *Gazetteer) AroundArea(outer Place, area uint32) bool {
	if outer >= Unlisted {
		return false
	}
	for _, o := range g.codes[outer] {
		if holds(o, area) {
			return true
		}
	}
	return false
}

// AreaOf returns the area code (GB/T 2260) in characters 3 to 8 of a unified social credit code, else the one at the
// beginning of a registration number, else 0.
func AreaOf(code, registration string) uint32 {
	digits := registration
	if len(code) == 18 {
		digits = code[2:]
	}
	if len(digits) < 6 {
		return 0
	}
	n := uint32(0)
	for i := range 6 {
		if digits[i] < '0' || digits[i] > '9' {
			return 0
		}
		n = n*10 + uint32(digits[i]-'0')
	}
	return n
}

// nowhere are words that end like a place but are none (超市, 园区).
var nowhere = words("超市 门市 都市 城市 夜市 集市 菜市 花市 书市 股市 上市 园区 小区 社区 校区 景区 矿区 厂区 库区 街区 牧区 灾区 山区 片区 专区 林区 湖区 郊区 东区 西区 南区 北区 全区 本县 全省 外省")

func words(list string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(list) {
		m[w] = true
	}
	return m
}

// zones are kinds of areas that are written behind a place, or alone.
var zones = strings.Fields("经济技术开发区 高新技术产业开发区 高新技术开发区 经济开发区 高新技术产业园区 工业园区 高新区 经开区 开发区 工业园 科技园 街道办事处 街道 镇 乡")

// maxPlaces is the most places that Read returns.
const maxPlaces = 4

// Read reads the places at the beginning of a text and appends them to out. It also returns the number of characters
// that they take. strict accepts only places with their kind, as addresses have them.
func (g *Gazetteer) Read(r []rune, strict bool, out []Place) ([]Place, int) {
	at := 0
	for len(out) < maxPlaces {
		p, n := g.one(r[at:], out, strict)
		if n == 0 {
			break
		}
		at += n
		if p != 0 {
			out = append(out, p)
		}
	}
	return out, at
}

// one reads one place. before are the places read so far. Place 0 with a length is an area without a name of its own.
func (g *Gazetteer) one(r []rune, before []Place, strict bool) (Place, int) {
	// The longest place of the standard, with or without its kind.
	for n := min(len(r), 6); n >= 2; n-- {
		p, ok := g.number[string(r[:n])]
		if !ok {
			continue
		}
		kind := kindAt(r[n:])
		if kind == 0 && endsInKind(r[:n]) {
			return p, n // 莒县
		}
		if kind > 0 {
			return p, n + kind
		}
		if strict || len(r) < n+2 {
			continue
		}
		// Many places are also ordinary words (新华, 和平, 金山). Behind another place, only one that lies in it counts.
		if len(before) == 0 || g.Within(p, before[len(before)-1]) {
			return p, n
		}
	}
	if len(before) > 0 {
		for _, z := range zones[:len(zones)-4] {
			if n := utf8.RuneCountInString(z); hasPrefix(r, z) && len(r) > n {
				return 0, n
			}
		}
	}
	// A place that is not in the standard (any more), with its kind.
	for n := 2; n <= 3 && n < len(r); n++ {
		kind := 0
		switch r[n] {
		case '市', '县', '区', '镇', '乡', '旗':
			kind = 1
		case '街':
			if n+1 < len(r) && r[n+1] == '道' {
				kind = 2
			}
		}
		if kind == 0 || nowhere[string(r[n-1:n+1])] || !strict && len(r) < n+kind+2 {
			continue
		}
		if p, ok := g.number[string(r[:n])]; ok {
			return p, n + kind
		}
		return Unlisted | Place(Hash32(r[:n], 'P')), n + kind
	}
	return 0, 0
}

// kindAt returns the length of a kind of place at the beginning of a text; 0 if there is none.
func kindAt(r []rune) int {
	if len(r) == 0 {
		return 0
	}
	switch r[0] {
	case '省', '县', '旗', '盟', '区', '镇', '乡':
		return 1
	case '市':
		if len(r) == 1 || r[1] != '场' && r[1] != '政' { // 市场 and 市政 are words, not places
			return 1
		}
	case '新', '地', '林', '特':
		if len(r) > 1 && r[1] == '区' {
			return 2
		}
	}
	for n := 1; n <= min(len(r)-2, 8); n++ {
		if r[n] == '自' && r[n+1] == '治' && n+2 < len(r) {
			return n + 3
		}
	}
	if hasPrefix(r, "自治") && len(r) > 2 {
		return 3
	}
	return 0
}

func endsInKind(r []rune) bool {
	switch r[len(r)-1] {
	case '省', '市', '县', '区', '旗':
		return true
	}
	return false
}

func hasPrefix(r []rune, s string) bool {
	i := 0
	for _, c := range s {
		if i == len(r) || r[i] != c {
			return false
		}
		i++
	}
	return true
}

func hasSuffix(r []rune, s string) bool {
	n := utf8.RuneCountInString(s)
	return len(r) >= n && hasPrefix(r[len(r)-n:], s)
}
