// Package shown writes the number of a cell as its format displays it: scaled, padded, with a unit or currency, or as a
// date.
package shown

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"time"
)

// Format is a number format, as far as it changes the meaning of a number.
type Format struct {
	kind  formatKind
	shown *shown // for formats of numbers; nil if the format does not change the meaning
}

type formatKind int8

const (
	general formatKind = iota
	date               // a date, with the time if the number has one
	month              // year and month
	year
	clock // a time of day
)

// Builtin returns the formats that workbooks refer to by number only (ECMA-376 part 1, 18.8.30; 27–58 as in Chinese
// editions). An unknown number gives the zero Format, which changes nothing.
func Builtin(id int) Format {
	switch {
	case id == 17 || id == 27 || id == 36 || id == 50 || id == 52 || id == 57:
		return Format{kind: month}
	case id >= 14 && id <= 16 || id == 22 || id >= 28 && id <= 31 || id == 51 || id == 53 || id == 54 || id == 58:
		return Format{kind: date}
	case id >= 18 && id <= 21 || id >= 32 && id <= 35 || id == 45 || id == 47 || id == 55 || id == 56:
		return Format{kind: clock}
	}
	return Format{}
}

// Custom parses a format code such as yyyy"年"m"月"d"日" or #,##0.00"万元". Its first section decides whether it is a date.
// A number uses the section that applies to it.
func Custom(code string) Format {
	code = strings.ReplaceAll(code, "G/通用格式", "General")
	var letters strings.Builder
	elapsed := false
scan:
	for i := 0; i < len(code); i++ {
		switch c := code[i]; c {
		case ';':
			break scan // a date has one section
		case '"':
			end := strings.IndexByte(code[i+1:], '"')
			if end < 0 {
				break scan
			}
			i += end + 1
		case '\\', '!', '_', '*':
			i++
		case '[':
			end := strings.IndexByte(code[i:], ']')
			if end < 0 {
				break scan
			}
			switch strings.ToLower(code[i+1 : i+end]) {
			case "h", "hh", "m", "mm", "s", "ss":
				elapsed = true
			}
			i += end
		default:
			if c < 0x80 {
				letters.WriteByte(c | 0x20)
			}
		}
	}
	l := strings.NewReplacer("general", "", "am/pm", "", "a/p", "", "e+", "", "e-", "").Replace(letters.String())
	hasYear := strings.ContainsAny(l, "ye")
	hasDay := strings.Contains(l, "d")
	hasTime := strings.ContainsAny(l, "hs")
	hasMonth := strings.Contains(l, "m") && (!hasTime || hasYear || hasDay)
	switch {
	case elapsed:
		return Format{}
	case hasDay:
		return Format{kind: date}
	case hasYear && hasMonth || hasMonth:
		return Format{kind: month}
	case hasYear:
		return Format{kind: year}
	case hasTime:
		return Format{kind: clock}
	}
	return Format{shown: numberFormat(code)}
}

// AppendNumber appends the number v of a cell as a person sees it. lost is true if v has more than the 15 digits that a
// spreadsheet keeps, so that a code in the cell is damaged.
//
// An integer keeps its digits. A number with an exponent is written without it if all digits are known; 1.2012E+17
// stays as it is. A decimal is rounded to 15 significant digits, as a spreadsheet displays it, which removes the noise
// of binary fractions.
func (f Format) AppendNumber(dst, v []byte, base1904 bool) (text []byte, lost bool) {
	if f.kind != general {
		if out, ok := f.appendDate(dst, v, base1904); ok {
			return out, false
		}
	}
	if f.shown != nil {
		return f.shown.appendNumber(dst, v)
	}
	return appendValue(dst, v)
}

// appendValue appends a number without the effects of a format.
func appendValue(dst, v []byte) (text []byte, lost bool) {
	digits, point, exponent, other := 0, false, false, false
	leading := true
	for _, c := range v {
		switch {
		case c >= '0' && c <= '9':
			if c != '0' {
				leading = false
			}
			if !leading {
				digits++
			}
		case c == '.':
			point = true
		case c == 'e' || c == 'E':
			exponent = true
		case c == '-' || c == '+':
		default:
			other = true
		}
		if exponent {
			break
		}
	}
	switch {
	case point && digits == 0 && !other && !exponent: // 0.0
		dst = append(dst, '0')
	case other || !exponent && (digits <= 15 || !point):
		if point && digits > 0 && !other {
			v = bytes.TrimSuffix(bytes.TrimRight(v, "0"), []byte("."))
		}
		dst = append(dst, v...)
		lost = !other && digits > 15
	default:
		n, err := strconv.ParseFloat(string(v), 64)
		switch {
		case err != nil || math.IsInf(n, 0) || exponent && (math.Abs(n) >= 1e15 || n != 0 && math.Abs(n) < 1e-30):
			dst = append(dst, v...)
			lost = math.Abs(n) >= 1e15
		default:
			dst = appendPlain(dst, n)
		}
	}
	return dst, lost
}

// appendPlain appends a number without exponent, rounded to 15 significant digits.
func appendPlain(dst []byte, n float64) []byte {
	var scratch [32]byte
	e := strconv.AppendFloat(scratch[:0], n, 'e', 14, 64)
	rounded, err := strconv.ParseFloat(string(e), 64)
	if err != nil {
		rounded = n
	}
	return strconv.AppendFloat(dst, rounded, 'f', -1, 64)
}

// appendDate appends a serial number as a date: 2021-03-01, followed by the time if there is one. If the format shows
// no day and the day is the first, it is 2021-03 or 2021. A time format gives the time alone.
func (f Format) appendDate(dst, v []byte, base1904 bool) ([]byte, bool) {
	serial, err := strconv.ParseFloat(string(bytes.TrimSpace(v)), 64)
	if err != nil || serial < 0 || serial >= 2_958_466 {
		return dst, false
	}
	day := math.Floor(serial)
	seconds := int64(math.Round((serial - day) * 86400))
	if seconds == 86400 {
		day, seconds = day+1, 0
	}
	if day == 0 && f.kind != clock { // a blank that became 0 is displayed as a day that does not exist
		return append(dst, "1900-01-00"...), true
	}
	var t time.Time
	switch {
	case base1904:
		t = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case day < 60: // Excel counts 29 February 1900, which did not exist
		t = time.Date(1899, 12, 31, 0, 0, 0, 0, time.UTC)
	default:
		t = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	}
	t = t.AddDate(0, 0, int(day)).Add(time.Duration(seconds) * time.Second)
	switch {
	case f.kind == clock && day == 0 || f.kind == clock && seconds != 0 && day < 1:
		return t.AppendFormat(dst, "15:04:05"), true
	case f.kind == month && t.Day() == 1 && seconds == 0:
		return t.AppendFormat(dst, "2006-01"), true
	case f.kind == year && t.YearDay() == 1 && seconds == 0:
		return t.AppendFormat(dst, "2006"), true
	case seconds != 0:
		return t.AppendFormat(dst, "2006-01-02 15:04:05"), true
	}
	return t.AppendFormat(dst, "2006-01-02"), true
}
