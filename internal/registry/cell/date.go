package cell

import (
	"bytes"
	"cmp"
	"strconv"
	"unicode/utf8"
)

var (
	badDate = &Bad{"不是日期。请写成 2021-03-01 这样的年月日。",
		"This is not a date. Write year, month and day, such as 2021-03-01."}
	badPartDate = &Bad{"只有年或年月，缺少日。请写完整的年月日，如 2021-03-01。",
		"This is only a year or a month. Write the full date, such as 2021-03-01."}
	badDay = &Bad{"没有这一天。请检查月和日，写成 2021-03-01 这样的日期。",
		"There is no such day. Check the month and the day. Write a date such as 2021-03-01."}
)

// NoDay means that a cell holds what spreadsheets and programs write for an empty date. It counts as blank.
var NoDay = &Bad{"这是没有填写的日期（如 1900-01-00、0000-00-00），按空白处理。",
	"This stands for an empty date, such as 1900-01-00 or 0000-00-00. It counts as blank."}

// Date reads a date as days since 1970-01-01. It accepts 2021-03-01, 2021/3/1, 2021.3.1, 20210301, 2021年3月1日,
// 二〇二一年三月一日, and serial numbers of spreadsheets with five digits (1927 to 2173; a shorter one could be a year).
//
// A time of day is dropped, with two exceptions. The last minute before midnight counts as the next day, because some
// programs write midnight like this (23:59:17). A time with a zone (T16:00:00Z) is converted to China's time. The
// serial number 0 and dates that programs write for “no date” give NoDay.
func Date(b []byte) (days int64, bad *Bad) { return dateOf(b, false) }

// Until reads the last day of a period like Date, but 23:59:59 and 23:59 belong to their own day.
func Until(b []byte) (days int64, bad *Bad) { return dateOf(b, true) }

// Month reads a month, 2021-03 or 2021年3月, as its first day. It reads a full date like Date.
func Month(b []byte) (days int64, bad *Bad) {
	days, bad = dateOf(b, false)
	if bad != badPartDate {
		return days, bad
	}
	var buf [128]byte
	s := arabic(bytes.Trim(fold(buf[:0], tidy(Trim(b))), " "))
	if n, ok := fixed(s); ok {
		if len(s) == 6 {
			return civil(n/100, n%100, 1)
		}
		return 0, badPartDate
	}
	if len(s) < 6 {
		return 0, badPartDate
	}
	year, ok := fixed(s[:4])
	s = bytes.TrimLeft(s[4:], " -/.")
	s = bytes.TrimSuffix(bytes.TrimSpace(bytes.TrimPrefix(s, []byte("年"))), []byte("月"))
	month, ok2 := fixed(bytes.TrimSpace(s))
	if !ok || !ok2 {
		return 0, badPartDate
	}
	return civil(year, month, 1)
}

func dateOf(b []byte, until bool) (days int64, bad *Bad) {
	b = Trim(b)
	if len(b) == 10 && b[4] == '-' && b[7] == '-' {
		y, ok1 := fixed(b[:4])
		m, ok2 := fixed(b[5:7])
		d, ok3 := fixed(b[8:])
		if ok1 && ok2 && ok3 {
			return day(y, m, d)
		}
	}
	if b = tidy(b); len(b) > 64 {
		return 0, badDate
	}
	var buf [128]byte
	s := weekless(arabic(bytes.Trim(fold(buf[:0], b), " ")))
	if n, ok := fixed(s); ok {
		return undivided(n, len(s))
	}
	if len(s) > 8 { // 20210301 10:30:00, 20210301103000
		n, ok := fixed(s[:8])
		rest := bytes.TrimSuffix(s[8:], []byte(".0"))
		_, digits := fixed(rest)
		if ok && len(rest) > 0 && (rest[0] == ' ' || rest[0] == 't' || digits && len(rest) == 6) {
			if digits {
				rest = []byte{rest[0], rest[1], ':', rest[2], rest[3], ':', rest[4], rest[5]}
			}
			shift, ok := clockTime(bytes.TrimLeft(rest, " "), until)
			if days, bad = day(n/10000, n/100%100, n%100); bad != nil || !ok {
				return 0, cmp.Or(bad, badDate)
			}
			return days + shift, nil
		}
	}
	if whole, fraction, ok := bytes.Cut(s, []byte(".")); ok {
		n, ok := fixed(whole)
		zero := len(bytes.Trim(fraction, "0")) == 0
		_, digits := fixed(fraction)
		switch {
		case !ok || !digits: // 2021.3.1, or a time with a fraction
		case n == 0 && len(whole) == 1:
			return 0, NoDay
		case len(whole) >= 5:
			if len(whole) != 5 && !zero {
				return 0, badDate
			}
			days, bad = undivided(n, len(whole))
			if bad == nil && !until && string(fraction) > "99930" { // the fraction of a day from 23:59 on
				days++
			}
			return days, bad
		}
	}
	return divided(s, until)
}

// weekless removes the day of the week and a final stop from a date.
func weekless(s []byte) []byte {
	n := len(s)
	if n < 10 {
		return s
	}
	if bytes.Count(s, []byte(".")) == 3 {
		s = bytes.TrimSuffix(s, []byte("."))
	}
	for _, word := range [...]string{"星期", "周", "礼拜"} {
		at := bytes.LastIndex(s, []byte(word))
		if at < 8 {
			continue
		}
		rest := bytes.TrimRight(s[at+len(word):], ")")
		if r, size := utf8.DecodeRune(rest); size == len(rest) && bytes.ContainsRune([]byte("一二三四五六日天"), r) {
			return bytes.TrimRight(s[:at], " (,")
		}
	}
	return s
}

// undivided reads a date that consists of digits: yyyymmdd, or a serial number.
func undivided(n, size int) (int64, *Bad) {
	switch size {
	case 8:
		return day(n/10000, n/100%100, n%100)
	case 5:
		const epoch = 25569 // serial number of 1970-01-01
		return int64(n) - epoch, nil
	case 4, 6:
		return 0, badPartDate
	case 1:
		if n == 0 {
			return 0, NoDay
		}
	}
	return 0, badDate
}

// divided reads a date with separators or 年月日.
func divided(s []byte, until bool) (int64, *Bad) {
	var parts [3]int
	var signs [3]string
	n := 0
	for n < 3 {
		i := 0
		for i < len(s) && s[i]-'0' <= 9 {
			i++
		}
		if i == 0 || i > 4 {
			return 0, badDate
		}
		parts[n], _ = fixed(s[:i])
		if n == 0 && i != 4 || n > 0 && i > 2 {
			return 0, badDate
		}
		s = bytes.TrimLeft(s[i:], " ")
		signs[n] = ""
		for _, sign := range [...]string{"-", "/", ".", "、", "年", "月", "日", "号"} {
			if cut, found := bytes.CutPrefix(s, []byte(sign)); found {
				signs[n] = sign
				s = bytes.TrimLeft(cut, " ")
				break
			}
		}
		n++
		if len(s) == 0 || signs[n-1] == "" {
			break
		}
	}
	if n < 3 {
		if len(s) == 0 {
			return 0, badPartDate
		}
		return 0, badDate
	}
	switch {
	case signs[0] == "年" && signs[1] == "月" && (signs[2] == "日" || signs[2] == "号" || signs[2] == ""):
	case (signs[0] == "-" || signs[0] == "/" || signs[0] == "." || signs[0] == "、") && signs[1] == signs[0] && signs[2] == "":
	default:
		return 0, badDate
	}
	shift, ok := clockTime(s, until)
	if !ok {
		return 0, badDate
	}
	days, bad := day(parts[0], parts[1], parts[2])
	if bad != nil {
		return 0, bad
	}
	return days + shift, nil
}

// clockTime reads what follows a date: nothing, or a time such as 10:30, t00:00:00 or 0:00:00.000, with or without a
// zone. shift is the number of days to add to the written date for China's calendar.
func clockTime(s []byte, until bool) (shift int64, ok bool) {
	if len(s) > 0 && s[0] == 't' {
		s = s[1:]
	}
	if len(s) == 0 {
		return 0, true
	}
	var parts [3]int
	n, fraction := 0, false
	for {
		i := 0
		for i < len(s) && s[i]-'0' <= 9 {
			i++
		}
		if parts[n], ok = fixed(s[:i]); !ok {
			return 0, false
		}
		s = s[i:]
		if n++; n == 3 || len(s) == 0 || s[0] != ':' {
			break
		}
		s = s[1:]
	}
	if n == 1 {
		return 0, false
	}
	if n == 3 && len(s) > 1 && s[0] == '.' && s[1]-'0' <= 9 {
		fraction = true
		s = bytes.TrimLeft(s[1:], "0123456789")
	}
	zone, offset, ok := zoneOf(bytes.Trim(s, " "))
	if !ok {
		return 0, false
	}
	seconds := parts[0]*3600 + parts[1]*60 + parts[2]
	if parts[0] > 23 || parts[1] > 59 || parts[2] > 60 { // 24:00 is the end of the day
		return 0, true
	}
	if zone {
		seconds += 8*3600 - offset
	}
	const all = 24 * 3600
	for ; seconds < 0; seconds += all {
		shift--
	}
	for ; seconds >= all; seconds -= all {
		shift++
	}
	if last := all - 60; seconds >= last && !(until && (seconds == all-1 || seconds == last && !fraction)) {
		shift++
	}
	return shift, true
}

// zoneOf reads a time zone: z, +08:00, -0500, +8, utc, gmt+8. given is false without a zone, which means China's time.
// offset is in seconds east of Greenwich.
func zoneOf(s []byte) (given bool, offset int, ok bool) {
	if at := bytes.IndexByte(s, '['); at >= 0 { // +08:00[Asia/Shanghai]
		s = bytes.Trim(s[:at], " ")
	}
	s = bytes.TrimSuffix(bytes.TrimSuffix(s, []byte(" cst")), []byte(" utc"))
	if string(s) == "cst" || len(s) == 0 {
		return false, 0, true
	}
	if string(s) == "z" {
		return true, 0, true
	}
	rest, named := bytes.CutPrefix(s, []byte("utc"))
	if !named {
		rest, named = bytes.CutPrefix(s, []byte("gmt"))
	}
	if len(rest) == 0 {
		return true, 0, named
	}
	if rest[0] != '+' && rest[0] != '-' {
		return false, 0, false
	}
	h, m, cut := bytes.Cut(rest[1:], []byte(":"))
	if !cut && len(h) == 4 {
		h, m, cut = h[:2], h[2:], true
	}
	hours, ok := fixed(h)
	minutes := 0
	if ok && cut {
		minutes, ok = fixed(m)
	}
	if !ok || hours > 14 || minutes > 59 {
		return false, 0, false
	}
	offset = hours*3600 + minutes*60
	if rest[0] == '-' {
		offset = -offset
	}
	return true, offset, true
}

// numerals are Chinese digits in order: two plain forms, the forms for cheques, and another zero.
const numerals = "〇一二三四五六七八九零壹贰叁肆伍陆柒捌玖○"

// digitOf returns the value of a Chinese digit; −1 for another character.
func digitOf(r rune) int {
	at := 0
	for _, n := range numerals {
		if n == r {
			return at % 10
		}
		at++
	}
	return -1
}

// arabic rewrites a date in Chinese numerals, 二〇一七年九月一日, with digits. It returns any other text unchanged.
func arabic(s []byte) []byte {
	if len(s) < 3 || s[0] < 0xE2 || s[0] > 0xE9 {
		return s
	}
	var out [24]byte
	dst := out[:0]
	tens, unit, seen, years := -1, -1, 0, 0
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRune(s[i:])
		i += n
		d := digitOf(r)
		if r == 'o' || r == '0' {
			d = 0
		}
		switch {
		case d >= 0 && years == 0:
			if seen++; seen > 4 {
				return s
			}
			dst = append(dst, '0'+byte(d))
		case d >= 0:
			if unit >= 0 && !(unit == 0 && tens < 0) {
				return s
			}
			unit = d
		case years > 0 && tens < 0 && (r == '十' || r == '拾' || r == '廿' || r == '卅'):
			tens = max(1, unit)
			if r == '廿' {
				tens = 2
			} else if r == '卅' {
				tens = 3
			}
			unit = -1
		case r == '年' && seen == 4 && years == 0:
			years++
			dst = append(dst, "年"...)
		case (r == '月' || r == '日' || r == '号') && years > 0 && (tens >= 0 || unit >= 0) && len(dst) < 16:
			dst = strconv.AppendInt(dst, int64(max(0, tens)*10+max(0, unit)), 10)
			dst = utf8.AppendRune(dst, r)
			tens, unit = -1, -1
		case r == ' ':
		default:
			return s
		}
	}
	if years == 0 || tens >= 0 || unit >= 0 {
		return s
	}
	return append(s[:0], dst...)
}

// fixed reads a number that consists of digits only, at most nine.
func fixed(b []byte) (n int, ok bool) {
	if len(b) == 0 || len(b) > 9 {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

var monthDays = [13]int{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// day is civil for a date in a cell. It returns NoDay for dates that mean “no date”.
func day(y, m, d int) (int64, *Bad) {
	days, bad := civil(y, m, d)
	const first, last = -25570, -25568 // 1899-12-29 to 1899-12-31: serial number 0 and the days around it
	if bad == nil && (days > last || days < first) {
		return days, nil
	}
	if bad == nil || y == 1900 && m == 1 && d == 0 || y == 0 && m == 0 && d == 0 || y == 1 && m == 1 && d == 1 {
		return 0, NoDay
	}
	return 0, bad
}

// civil returns the days since 1970-01-01 of a Gregorian date, from the year 1000 on.
func civil(y, m, d int) (int64, *Bad) {
	if m < 1 || m > 12 || y < 1000 {
		return 0, badDay
	}
	last := monthDays[m]
	if m == 2 && (y%4 == 0 && y%100 != 0 || y%400 == 0) {
		last = 29
	}
	if d < 1 || d > last {
		return 0, badDay
	}
	// Count years from March, so that the leap day is the last day of a year.
	if m <= 2 {
		y--
		m += 12
	}
	era := y / 400
	yoe := y - era*400
	doy := (153*(m-3)+2)/5 + d - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return int64(era*146097 + doe - 719468), nil
}

var badDefault = &Bad{"这一天常是程序填的默认值（1900-01-01、1970-01-01）。已照原样记录，请核对。",
	"Programs often write this day for “no date” (1900-01-01, 1970-01-01). It is kept as it is. Check it."}

// Default reports whether a date (days since 1970-01-01) is one that programs often write for “no date”: 1970-01-01 or
// 1900-01-01. It may be true, so it is only warned about; see DefaultDay.
func Default(days int64) bool { return days == 0 || days == -25567 }

// DefaultDay returns the warning about such a date.
func DefaultDay() *Bad { return badDefault }
