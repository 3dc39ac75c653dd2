package list

import (
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/mozillazg/go-pinyin"
	"golang.org/x/text/unicode/norm"
)

// Characters that have another reading in company names than the first one in the dictionary.
const usualReadings = "长cháng 都dū 曾zēng 坻dǐ 晟shèng 翟zhái 轧zhá 泊bó 佛fó 厦xià 莎shā 似sì 隽jùn 薄bó 柏bǎi 畜chù 埔pǔ 地dì 率lǜ"

// Pairs of characters that are read differently from the two characters alone.
const pairReadings = `
重庆 chóng qìng, 重组 chóng zǔ, 大厦 dà shà, 广厦 guǎng shà, 朝阳 cháo yáng, 朝霞 zhāo xiá, 朝晖 zhāo huī,
银行 yín háng, 行业 háng yè, 商行 shāng háng, 洋行 yáng háng, 车行 chē háng, 支行 zhī háng, 分行 fēn háng,
总行 zǒng háng, 央行 yāng háng, 同行 tóng háng, 粮行 liáng háng, 行情 háng qíng,
成长 chéng zhǎng, 增长 zēng zhǎng, 生长 shēng zhǎng, 校长 xiào zhǎng, 市长 shì zhǎng, 长者 zhǎng zhě,
音乐 yīn yuè, 乐器 yuè qì, 乐团 yuè tuán, 声乐 shēng yuè, 会计 kuài jì, 西藏 xī zàng, 宝藏 bǎo zàng, 藏药 zàng yào,
空调 kōng tiáo, 调味 tiáo wèi, 调料 tiáo liào, 调节 tiáo jié, 调理 tiáo lǐ, 调整 tiáo zhěng, 协调 xié tiáo,
人参 rén shēn, 海参 hǎi shēn, 党参 dǎng shēn, 模具 mú jù, 率先 shuài xiān, 番禺 pān yú, 畜牧 xù mù, 蚌埠 bèng bù,
传记 zhuàn jì, 单县 shàn xiàn, 六安 lù ān, 台州 tāi zhōu, 丽水 lí shuǐ, 铅山 yán shān`

// Han characters of the basic block and of extension A have readings. Company names do not use others.
const (
	firstHan = 0x3400
	lastHan  = 0x9FFF
)

// sound is the reading of a character and its position in the dictionary: by reading, tone and code point. The zero
// value means no reading.
type sound struct {
	weight   uint16
	syllable uint16 // index into readings.syllables; 0: none
	opens    bool   // a pair can begin with the character
}

// readings is the dictionary. It is compiled on first use.
type readings struct {
	syllables []string // in alphabetical order; syllables[0] is ""
	chars     [lastHan - firstHan + 1]sound
	pairs     map[[2]rune][2]sound
	number    map[string]uint16
}

// dictionary returns the readings.
var dictionary = sync.OnceValue(func() *readings {
	type entry struct {
		char             rune
		plain, tone, key string
	}
	var entries []entry
	first := map[rune]string{}
	note := func(r rune, reading string) entry {
		plain, tone := plainReading(reading)
		e := entry{r, plain, tone, plain + tone + string(r)}
		entries = append(entries, e)
		return e
	}
	for r, all := range pinyin.PinyinDict {
		if r >= firstHan && r <= lastHan {
			reading, _, _ := strings.Cut(all, ",")
			first[rune(r)] = reading
		}
	}
	for _, s := range strings.Fields(usualReadings) {
		r, n := utf8.DecodeRuneInString(s)
		first[r] = s[n:]
	}
	chars := map[rune]string{} // character → key of its entry
	for r, reading := range first {
		chars[r] = note(r, reading).key
	}
	pairs := map[[2]rune][2]string{}
	for _, s := range strings.Split(pairReadings, ",") {
		f := strings.Fields(s)
		r := []rune(f[0])
		pairs[[2]rune{r[0], r[1]}] = [2]string{note(r[0], f[1]).key, note(r[1], f[2]).key}
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.key, b.key) })

	d := &readings{syllables: []string{""}, pairs: map[[2]rune][2]sound{}, number: map[string]uint16{}}
	sounds := map[string]sound{}
	for i, e := range entries {
		if e.plain != d.syllables[len(d.syllables)-1] {
			d.number[e.plain] = uint16(len(d.syllables))
			d.syllables = append(d.syllables, e.plain)
		}
		sounds[e.key] = sound{weight: firstWeight + uint16(i), syllable: d.number[e.plain]}
	}
	for r, key := range chars {
		d.chars[r-firstHan] = sounds[key]
	}
	for pair, keys := range pairs {
		d.pairs[pair] = [2]sound{sounds[keys[0]], sounds[keys[1]]}
		d.chars[pair[0]-firstHan].opens = true
	}
	return d
})

// firstWeight is the lowest weight of a Han character. The weight of an ASCII character is its lower-case code. All
// other characters share one weight between these.
const (
	firstWeight = 0x1000
	otherWeight = 0x0fff
)

// tones are the combining marks of tones 1 to 4.
const tones = "\u0304\u0301\u030c\u0300"

// plainReading separates a reading and its tone: "lǜ" is "lv" with tone "4". The neutral tone is "5".
func plainReading(s string) (plain, tone string) {
	tone = "5"
	var b strings.Builder
	for _, r := range norm.NFD.String(s) {
		switch i := strings.IndexRune(tones, r); {
		case i >= 0:
			tone = string(rune('1' + i/2))
		case r == '\u0308': // the two dots of ü
			u := strings.TrimSuffix(b.String(), "u")
			b.Reset()
			b.WriteString(u + "v")
		case r >= 'a' && r <= 'z':
			b.WriteRune(r)
		}
	}
	return b.String(), tone
}

// of returns the sound of a single character.
func (d *readings) of(r rune) sound {
	if r >= firstHan && r <= lastHan {
		return d.chars[r-firstHan]
	}
	return sound{}
}

// read calls fn for every character of a name with its sound. Pairs are looked up first.
func (d *readings) read(name []byte, fn func(r rune, s sound)) {
	for len(name) > 0 {
		r, n := decode(name)
		name = name[n:]
		one := d.of(r)
		if one.opens && len(name) >= 3 {
			r2, n2 := decode(name)
			if both, ok := d.pairs[[2]rune{r, r2}]; ok {
				name = name[n2:]
				fn(r, both[0])
				fn(r2, both[1])
				continue
			}
		}
		fn(r, one)
	}
}

// decode is utf8.DecodeRune with a fast path for three bytes, the length of nearly all characters of a name.
func decode(b []byte) (rune, int) {
	if len(b) >= 3 && b[0]&0xf0 == 0xe0 && b[1]&0xc0 == 0x80 && b[2]&0xc0 == 0x80 && b[0] != 0xe0 {
		return rune(b[0]&0x0f)<<12 | rune(b[1]&0x3f)<<6 | rune(b[2]&0x3f), 3
	}
	return utf8.DecodeRune(b)
}

// initial returns the letter by which a character is found: the first letter of its reading, or the lower-case
// character itself for a Latin letter or a digit, in either width. It is 0 for other characters.
func (d *readings) initial(r rune, s sound) byte {
	if s.syllable != 0 {
		return d.syllables[s.syllable][0]
	}
	if r >= '！' && r <= '～' {
		r -= '！' - '!'
	}
	switch {
	case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
		return byte(r)
	case r >= 'A' && r <= 'Z':
		return byte(r) + 'a' - 'A'
	}
	return 0
}

// split divides letters into syllables in all possible ways, at most limit of them: "beid" is bei + d…. The last one
// may be incomplete. Syllables are returned as ranges of syllable numbers.
func (d *readings) split(letters string, limit int) [][]syllableRange {
	var all [][]syllableRange
	var walk func(rest string, so []syllableRange)
	walk = func(rest string, so []syllableRange) {
		if len(all) >= limit {
			return
		}
		if rest == "" {
			all = append(all, slices.Clone(so))
			return
		}
		for n := min(6, len(rest)); n > 0; n-- {
			if id, ok := d.number[rest[:n]]; ok && n < len(rest) {
				walk(rest[n:], append(so, syllableRange{id, id + 1}))
			}
		}
		if lo, hi := d.beginning(rest); lo < hi {
			walk("", append(so, syllableRange{lo, hi}))
		}
	}
	walk(letters, nil)
	return all
}

// syllableRange is the syllables lo to hi−1.
type syllableRange struct{ lo, hi uint16 }

// beginning returns the range of syllables that begin with the letters.
func (d *readings) beginning(letters string) (lo, hi uint16) {
	i, _ := slices.BinarySearch(d.syllables, letters)
	j := i
	for j < len(d.syllables) && strings.HasPrefix(d.syllables[j], letters) {
		j++
	}
	return uint16(i), uint16(j)
}
