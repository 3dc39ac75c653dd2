package people

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/mozillazg/go-pinyin"
	"github.com/trustelem/zxcvbn"
	"golang.org/x/crypto/argon2"

	"eyas/internal/fault"
	"eyas/internal/pack"
)

// The rules of passwords in numbers. GB/T 22239-2019 8.1.4.1 a asks for complexity and regular change and leaves the numbers
// open; these are the usual ones of the assessments by GB/T 28448-2019 (modelled).
const (
	shortest    = 8
	longest     = 128
	fewestKinds = 3
	lastOnes    = 5                   // that may not be used again
	passwordAge = 90 * 24 * time.Hour // after which it must be changed
	fewestScore = 2                   // of zxcvbn, 0 to 4: fewer than 10^6 guesses is less
)

// About is whose password it is, for what it may not contain.
type About struct {
	ID, Name, Phone string
	Orgs            []string // names and codes of the organisations and subjects that he acts for
}

// rule is one rule of passwords.
type rule struct {
	id     string
	zh, en string
	broken func(p *People, password string, a About) bool
}

// passwordRules are all of them, as data: what each says, and whether a password breaks it.
var passwordRules = []rule{
	{"length", fmt.Sprintf("至少 %d 个字符，至多 %d 个", shortest, longest), fmt.Sprintf("at least %d characters and at most %d", shortest, longest),
		func(_ *People, pw string, _ About) bool {
			n := utf8.RuneCountInString(pw)
			return n < shortest || n > longest || !utf8.ValidString(pw)
		}},
	{"kinds", "大写字母、小写字母、数字、其他字符中至少三种", "at least three of capital letters, small letters, digits and other characters",
		func(_ *People, pw string, _ About) bool { return kindsOf(pw) < fewestKinds }},
	{"own", "不含本人的账号、姓名（及其拼音）、电话", "not your own id, name (or its pinyin) or telephone",
		func(_ *People, pw string, a About) bool {
			own := []string{a.ID, a.Phone, a.Name, spelled(a.Name)}
			return containsAny(plain(pw), own, 3)
		}},
	{"org", "不含本单位的名称、代码", "not the name or code of your organisation",
		func(_ *People, pw string, a About) bool {
			var own []string
			for _, o := range a.Orgs {
				own = append(own, o, spelled(o))
			}
			return containsAny(plain(pw), own, 4)
		}},
	{"field", "主体不是本行业的常用词（天津、科技局、keji、tianjin……）", "not mainly a word of the field (tianjin, keji, 天津, 科技局 …)",
		func(p *People, pw string, _ About) bool { return p.mainlyWord(pw) }},
	{"weak", "不容易被猜出（键盘顺序、重复、常用口令都不行）", "not easily guessed (no rows of keys, repeats or common passwords)",
		func(p *People, pw string, a About) bool { return p.score(pw, a) < fewestScore }},
}

// Strength is how a password stands before the rules.
type Strength struct {
	Score  int      // 0 to 4
	Broken []string // rules that it breaks, by id
}

// RuleTexts are the rules in a language, by id, in order.
func RuleTexts(lang string) (ids, texts []string) {
	for _, r := range passwordRules {
		ids = append(ids, r.id)
		if strings.HasPrefix(lang, "en") {
			texts = append(texts, r.en)
		} else {
			texts = append(texts, r.zh)
		}
	}
	return ids, texts
}

// Strength judges a password.
func (p *People) Strength(password string, a About) Strength {
	s := Strength{}
	if utf8.RuneCountInString(password) <= longest {
		s.Score = p.score(password, a)
	}
	for _, r := range passwordRules {
		if r.broken(p, password, a) {
			s.Broken = append(s.Broken, r.id)
		}
	}
	return s
}

// check refuses a password that breaks a rule.
func (p *People) check(password string, a About) error {
	var zh, en []string
	for _, r := range passwordRules {
		if r.broken(p, password, a) {
			zh, en = append(zh, r.zh), append(en, r.en)
		}
	}
	if zh == nil {
		return nil
	}
	return fault.New(fault.Invalid, "口令不合要求：须"+strings.Join(zh, "；")+"。", "The password does not meet the rules: "+strings.Join(en, "; ")+".")
}

func kindsOf(pw string) (n int) {
	var kinds [4]bool
	for _, r := range pw {
		switch {
		case unicode.IsUpper(r):
			kinds[0] = true
		case unicode.IsLower(r):
			kinds[1] = true
		case unicode.IsDigit(r):
			kinds[2] = true
		default:
			kinds[3] = true
		}
	}
	for _, k := range kinds {
		if k {
			n++
		}
	}
	return n
}

// looks are characters that are written for letters.
var looks = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "@", "a", "$", "s", "5", "s", "7", "t", "!", "i")

// plain is a password in small letters.
func plain(pw string) string { return strings.ToLower(pw) }

// spelled is a Chinese text in pinyin without spaces; empty where nothing in it is Chinese.
func spelled(text string) string { return strings.Join(pinyin.LazyConvert(text, nil), "") }

// containsAny reports whether a text contains one of some words of a least length. A word of Chinese characters may have two.
func containsAny(text string, list []string, least int) bool {
	bare := looks.Replace(text)
	for _, w := range list {
		w = strings.ToLower(strings.TrimSpace(w))
		n := utf8.RuneCountInString(w)
		if (n >= least || n >= 2 && len(w) > n) && (strings.Contains(text, w) || strings.Contains(bare, w)) {
			return true
		}
	}
	return false
}

// fieldWords are the words of the field and of the organisations of a city, in characters and in pinyin.
func fieldWords(c *pack.Pack) (list []string) {
	list = []string{"天津", "科技局", "科技", "雏鹰", "瞪羚", "领军", "企业", "高新", "政策", "口令", "密码", "管理员", "创新", "委员会",
		"eyas", "admin", "password", "kejiju", "keji", "tianjin", "chuying", "dengling", "lingjun", "qiye", "gaoxin", "zhengce", "mima", "kouling", "guanliyuan", "chuangxin", "tjkj", "kjj"}
	for _, o := range c.Orgs {
		for _, name := range []string{o.Name.ZH, o.Short.ZH} {
			if n := utf8.RuneCountInString(name); n >= 2 {
				list = append(list, name, spelled(name))
			}
		}
	}
	for i, w := range list {
		list[i] = strings.ToLower(w)
	}
	slices.Sort(list)
	return slices.DeleteFunc(slices.Compact(list), func(w string) bool { return utf8.RuneCountInString(w) < 2 })
}

// mainlyWord reports whether half of the letters of a password, or more, are words of the field.
func (p *People) mainlyWord(pw string) bool {
	for _, text := range []string{plain(pw), looks.Replace(plain(pw))} {
		var letters []rune
		for _, r := range text {
			if unicode.IsLetter(r) {
				letters = append(letters, r)
			}
		}
		of := make([]bool, len(letters))
		for _, w := range p.words {
			word := []rune(w)
			if len(word) < 3 && len(w) == len(word) { // two Latin letters are no word
				continue
			}
			for i := 0; i+len(word) <= len(letters); i++ {
				if slices.Equal(letters[i:i+len(word)], word) {
					for j := range word {
						of[i+j] = true
					}
				}
			}
		}
		n := 0
		for _, yes := range of {
			if yes {
				n++
			}
		}
		if n > 0 && 2*n >= len(letters) {
			return true
		}
	}
	return false
}

// score is how hard a password is to guess, 0 to 4, for who knows its person and the field.
func (p *People) score(pw string, a About) int {
	if pw == "" {
		return 0
	}
	if len(pw) > 72 { // what is judged takes long for long texts, and those are no easy guess
		pw = pw[:72]
	}
	inputs := append([]string{a.ID, a.Name, spelled(a.Name), a.Phone}, p.words...)
	for _, o := range a.Orgs {
		inputs = append(inputs, o, spelled(o))
	}
	return zxcvbn.PasswordStrength(strings.ToValidUTF8(pw, ""), slices.DeleteFunc(inputs, func(s string) bool { return s == "" })).Score
}

// The parameters of argon2id: 19 MiB and two rounds, as OWASP recommends. They are stored with each password, and one that
// was made with others is made again at the next sign-in.
var memory uint32 = 19 * 1024 // KiB

const (
	rounds  = 2
	threads = 1
	keyLen  = 32
)

// hashed is the stored form of a password.
func hashed(password string) string {
	salt := make([]byte, 16)
	rand.Read(salt) // never fails
	key := argon2.IDKey([]byte(password), salt, rounds, memory, threads, keyLen)
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, rounds, threads, b.EncodeToString(salt), b.EncodeToString(key))
}

// dummy is a stored form for accounts that there are not: the same work is done for them. Who signs in asks for it, whoever he is: it takes
// as long to make as a sign-in, and no command of another kind needs it.
var dummy = sync.OnceValue(func() string { return hashed(rand.Text()) })

// matches reports whether a password has a stored form, and whether that was made with other parameters than new ones.
func matches(stored, password string) (ok, old bool) {
	parts := strings.Split(stored, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, false
	}
	var m, t uint32
	var p uint8
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &m, &t, &p); err != nil || m > 1<<20 || t == 0 || t > 16 || p == 0 {
		return false, false
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	key, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || err2 != nil || len(key) == 0 {
		return false, false
	}
	got := argon2.IDKey([]byte(password), salt, t, m, p, uint32(len(key)))
	return subtle.ConstantTimeCompare(got, key) == 1, m != memory || t != rounds || p != threads || len(key) != keyLen
}

// hashing runs fn when one of a few places is free: each hash takes 19 MiB and both cores are for all.
func (p *People) hashing(ctx context.Context, fn func()) error {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-p.slots }()
	fn()
	return nil
}
