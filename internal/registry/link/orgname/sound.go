package orgname

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/mozillazg/go-pinyin"
	"golang.org/x/text/unicode/norm"
)

const (
	firstHan = 0x3400
	lastHan  = 0x9FFF
)

// alikeGroups are groups of characters that people or scanners confuse because they look alike. Characters that sound
// alike are not listed.
var alikeGroups = strings.Fields("己已巳 未末 土士 干千于 戈弋 金全 大太犬 天夭无 田由甲申 日曰目 人入八 刀力 今令 王玉主 木本术 拔拨 沬沫 乌鸟 冶治 " +
	"晴睛 侯候 贷货 折拆析 卫工 历厉 冈岗 泰秦 春舂 崇祟 毫豪亳 壁璧 戊戌戍 茶荼 灸炙 准淮 汨汩 栗粟 弘红宏 佳住 隆降 森林 众从 免兔 幻幼 孟盂 徒徙 杨扬 惠慧")

// sounds numbers the readings of characters, without tone. Initials and finals that dialects confuse count as the same
// (zh and z, n and l, in and ing). 0 means no reading.
var sounds = sync.OnceValue(func() *[lastHan - firstHan + 1]uint16 {
	var list [lastHan - firstHan + 1]uint16
	readings := map[rune]string{}
	number := map[string]uint16{}
	for r, all := range pinyin.PinyinDict {
		if r >= firstHan && r <= lastHan {
			first, _, _ := strings.Cut(all, ",")
			readings[rune(r)] = roughly(first)
			number[readings[rune(r)]] = 0
		}
	}
	for i, s := range slices.Sorted(maps.Keys(number)) { // sorted, so that the numbers do not depend on the order of a map
		number[s] = uint16(i + 1)
	}
	for r, s := range readings {
		list[r-firstHan] = number[s]
	}
	return &list
})

// roughly simplifies a reading without tone to what a southern speaker distinguishes.
func roughly(reading string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(reading) {
		if r >= 'a' && r <= 'z' {
			b.WriteRune(r)
		} else if r == '\u0308' {
			b.WriteByte('v')
		}
	}
	s := b.String()
	for _, h := range []string{"zh", "ch", "sh"} {
		if strings.HasPrefix(s, h) {
			s = s[:1] + s[2:]
		}
	}
	if strings.HasPrefix(s, "n") {
		s = "l" + s[1:]
	}
	if strings.HasSuffix(s, "ng") {
		s = s[:len(s)-1]
	}
	return s
}

// SoundOf returns the number of a character's reading; 0 if it has none.
func SoundOf(c rune) uint16 {
	if c < firstHan || c > lastHan {
		return 0
	}
	return sounds()[c-firstHan]
}

var alikes = sync.OnceValue(func() map[uint32]bool {
	m := map[uint32]bool{}
	for _, g := range alikeGroups {
		for _, a := range g {
			for _, b := range g {
				m[Pair(a, b)] = true
			}
		}
	}
	return m
})

// Alike reports whether two characters are the same, or sound or look alike.
func Alike(a, b rune) bool {
	if a == b {
		return true
	}
	s := SoundOf(a)
	return s != 0 && s == SoundOf(b) || alikes()[Pair(a, b)]
}
