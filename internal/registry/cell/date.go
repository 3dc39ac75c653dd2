package cell

import "bytes"

var (
	badDate = &Bad{"不是日期。请写成 2021-03-01 这样的年月日。",
		"This is not a date. Write year, month and day, such as 2021-03-01."}
	badPartDate = &Bad{"只有年或年月，缺少日。请写完整的年月日，如 2021-03-01。",
		"This is a year or a month alone. Write the whole date, such as 2021-03-01."}
	badDay = &Bad{"没有这一天。请检查月和日，写成 2021-03-01 这样的日期。",
		"There is no such day. Check month and day; write a date such as 2021-03-01."}
)

// Date reads a day as days since 1970-01-01. Notations: 2021-03-01, 2021/3/1, 2021.3.1, 20210301, 2021年3月1日 and
// the serial number of a spreadsheet with five digits (from 1927 to 2173; a shorter one would be a year). A time of
// day behind the date is left out.
func Date(b []byte) (days int64, bad *Bad) {
	b = Trim(b)
	if len(b) == 10 && b[4] == '-' && b[7] == '-' {
		y, ok1 := fixed(b[:4])
		m, ok2 := fixed(b[5:7])
		d, ok3 := fixed(b[8:])
		if ok1 && ok2 && ok3 {
			return civil(y, m, d)
		}
	}
	if len(b) > 64 {
		return 0, badDate
	}
	var buf [128]byte
	s := bytes.Trim(fold(buf[:0], b), " ")
	if n, ok := fixed(s); ok {
		return undivided(n, len(s))
	}
	if whole, fraction, ok := bytes.Cut(s, []byte(".")); ok && len(whole) >= 5 {
		n, ok := fixed(whole)
		zero := len(bytes.Trim(fraction, "0")) == 0
		if _, digits := fixed(fraction); ok && digits && (len(whole) == 5 || zero) {
			return undivided(n, len(whole))
		}
		return 0, badDate
	}
	return divided(s)
}

// undivided reads a date of digits only: yyyymmdd, or a serial number.
func undivided(n, size int) (int64, *Bad) {
	switch size {
	case 8:
		return civil(n/10000, n/100%100, n%100)
	case 5:
		const epoch = 25569 // the serial number of 1970-01-01
		return int64(n) - epoch, nil
	case 4, 6:
		return 0, badPartDate
	}
	return 0, badDate
}

// divided reads year, month and day with signs or 年月日 between them.
func divided(s []byte) (int64, *Bad) {
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
		for _, sign := range [...]string{"-", "/", ".", "年", "月", "日", "号"} {
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
	case (signs[0] == "-" || signs[0] == "/" || signs[0] == ".") && signs[1] == signs[0] && signs[2] == "":
	default:
		return 0, badDate
	}
	if !clockTime(s) {
		return 0, badDate
	}
	return civil(parts[0], parts[1], parts[2])
}

// clockTime reports whether s is empty or a time of day such as 10:30, t00:00:00, 0:00:00.000.
func clockTime(s []byte) bool {
	if len(s) > 0 && s[0] == 't' {
		s = s[1:]
	}
	if len(s) == 0 {
		return true
	}
	colons := 0
	for i, c := range s {
		switch {
		case c == ':':
			colons++
		case c-'0' <= 9:
		case c == '.' && colons == 2:
		case c == 'z' && i == len(s)-1:
		default:
			return false
		}
	}
	return colons >= 1 && colons <= 2 && s[0] != ':' && s[len(s)-1] != ':'
}

// fixed reads digits only.
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

// civil gives the days since 1970-01-01 of a day of the Gregorian calendar, from the year 1000 on.
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
	// Years from March on, so that the leap day is the last of a year.
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
