package table

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"unicode/utf8"

	"eyas/internal/registry/table/charset"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// foreign returns a fault if the first bytes show an encoding that is not supported. The message names the likely
// encoding.
func foreign(head []byte, name string) error {
	what, whatEN := "", ""
	switch {
	case utf32(head):
		what, whatEN = "UTF-32", "UTF-32"
	case big5(head):
		what, whatEN = "Big5（繁体中文）", "Big5 (traditional Chinese)"
	default:
		return nil
	}
	return refuse(nil, fmt.Sprintf("“%s”的文字编码是 %s，不能读取。请在 Excel 或 WPS 中打开，另存为 .xlsx，或另存为 UTF-8 编码的 .csv，再导入。", name, what),
		fmt.Sprintf("“%s” is encoded in %s, which is not supported. Open it in a spreadsheet program, save it as .xlsx, or as .csv in UTF-8, and import it again.", name, whatEN))
}

// garbled returns the fault for a text that was encoded twice.
func garbled(name string) error {
	return refuse(nil, fmt.Sprintf("“%s”里的中文是乱码：文件曾用错误的编码打开并另存过。请找到原始文件，用 UTF-8 或 GB18030 编码重新导出，再导入。", name),
		fmt.Sprintf("The Chinese text of “%s” is garbled: the file was once opened in a wrong encoding and saved again. Find the original, export it as UTF-8 or GB18030 and import that.", name))
}

// utf32 recognises UTF-32 by its mark, or by two zero bytes in every four.
func utf32(head []byte) bool {
	if bytes.HasPrefix(head, []byte{0xFF, 0xFE, 0, 0}) || bytes.HasPrefix(head, []byte{0, 0, 0xFE, 0xFF}) {
		return true
	}
	h := head[:min(len(head), 4096)&^3]
	if len(h) < 16 {
		return false
	}
	little, big := true, true
	for i := 0; i < len(h); i += 4 {
		little = little && h[i+3] == 0 && h[i+2] <= 0x10 && binary.LittleEndian.Uint32(h[i:]) > 0
		big = big && h[i] == 0 && h[i+1] <= 0x10 && binary.BigEndian.Uint32(h[i:]) > 0
	}
	return little || big
}

// big5 recognises traditional Chinese in Big5: every pair of bytes is valid, most are common characters, and too many
// are not GB 2312 for a text of the mainland.
func big5(head []byte) bool {
	if utf8.Valid(head[:len(head)-charset.Partial(head)]) {
		return false
	}
	pairs, common, foreign := 0, 0, 0
	for i := 0; i < len(head); {
		c := head[i]
		if c < 0x80 {
			if c == 0 {
				return false
			}
			i++
			continue
		}
		if i+1 == len(head) {
			break
		}
		t := head[i+1]
		if c < 0xA1 || c > 0xF9 || t < 0x40 || t > 0x7E && t < 0xA1 || t == 0xFF {
			return false
		}
		pairs++
		if c >= 0xA4 && c <= 0xC6 {
			common++
		}
		if t < 0xA1 {
			foreign++
		}
		i += 2
	}
	return pairs >= 4 && 100*common >= 65*pairs && 100*foreign >= 15*pairs
}

// twice recognises Chinese text that was decoded with a wrong encoding and encoded again: UTF-8 or GBK read as Western
// European (ä¼ä¸, ÆóÒµ), UTF-8 read as GBK (浼佷笟).
func twice(sample []byte) bool {
	line := beyondASCII(sample)
	if len(line) == 0 || !utf8.Valid(line) {
		return false
	}
	if western, ok := westernBytes(line); ok {
		return chineseIn(western, true) || chineseIn(western, false)
	}
	mis, err := simplifiedchinese.GBK.NewEncoder().Bytes(bytes.ReplaceAll(line, []byte("\uFFFD"), []byte("?")))
	return err == nil && chineseIn(mis, true)
}

// beyondASCII returns the first lines that are not pure ASCII, some hundred bytes.
func beyondASCII(sample []byte) []byte {
	const enough = 400
	var out []byte
	for rest := sample; len(rest) > 0 && len(out) < enough; {
		line, after, found := bytes.Cut(rest, []byte("\n"))
		if !found && len(sample) >= headSize {
			break
		}
		rest = after
		if charset.FirstBeyondASCII(line) < len(line) {
			out = append(append(out, bytes.TrimPrefix(line, charset.BOM)...), '\n')
		}
	}
	return out
}

// westernBytes returns the bytes that a text of Western European characters was decoded from. ok is false if it has
// other characters.
func westernBytes(text []byte) (b []byte, ok bool) {
	for _, r := range string(text) {
		switch {
		case r <= 0xFF:
			b = append(b, byte(r))
		default:
			c, found := windows1252[r]
			if !found {
				return nil, false
			}
			b = append(b, c)
		}
	}
	return b, true
}

// windows1252 maps the characters of Windows-1252 that are not in Latin-1.
var windows1252 = func() map[rune]byte {
	m := map[rune]byte{}
	c := byte(0x80)
	for _, r := range "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ" {
		if r != utf8.RuneError {
			m[r] = c
		}
		c++
	}
	m['?'] = '?'
	return m
}()

// chineseIn reports whether b is Chinese text in an encoding: it has several characters beyond ASCII, and nearly all of
// them are common.
func chineseIn(b []byte, utf bool) bool {
	good, bad := 0, 0
	for i := 0; i < len(b); {
		if b[i] < 0x80 {
			i++
			continue
		}
		if utf {
			r, n := utf8.DecodeRune(b[i:])
			switch {
			case r >= 0x4E00 && r <= 0x9FFF || r >= 0x3000 && r <= 0x303F || r >= 0xFF00 && r <= 0xFFEF:
				good++
			case r == 0xFEFF:
			default:
				bad++
			}
			i += n
			continue
		}
		if i+1 < len(b) && b[i] >= 0xA1 && b[i] <= 0xF7 && b[i+1] >= 0xA1 {
			good++
			i += 2
			continue
		}
		bad++
		i++
	}
	return good >= 3 && 10*good >= 8*(good+bad)
}
