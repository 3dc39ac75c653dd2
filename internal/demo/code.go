package demo

// The alphabet of GB 32100-2015: digits and capitals without I, O, S, V and Z.
const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// orgSpace is how many organisation codes begin with "YY": 31⁶.
const orgSpace = 31 * 31 * 31 * 31 * 31 * 31

// creditCode makes a unified social credit code (GB 32100-2015) whose check characters are right and
// which belongs to no real enterprise: organisation codes are digits, or MA to MY since 2015, while
// these all begin with YY. serial must be below orgSpace.
func creditCode(area string, serial uint64) string { return bodyCode("91", area, serial) }

// bodyCode is creditCode for another kind of body: 91 an enterprise, 12 a public institution.
func bodyCode(kind, area string, serial uint64) string {
	b := make([]byte, 0, 18)
	b = append(b, kind...)
	b = append(b, area...)
	b = append(b, "YY"...)
	var body [6]byte
	for i := len(body) - 1; i >= 0; i-- {
		body[i] = alphabet[serial%31]
		serial /= 31
	}
	b = append(b, body[:]...)
	b = append(b, organisationCheck(b[8:16]))
	return string(append(b, creditCheck(b)))
}

// organisationCheck is the ninth character of an organisation code after GB 11714.
func organisationCheck(body []byte) byte {
	weights := [8]int{3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, c := range body {
		v := int(c - '0')
		if c >= 'A' {
			v = int(c-'A') + 10
		}
		sum += v * weights[i]
	}
	switch c := 11 - sum%11; c {
	case 10:
		return 'X'
	case 11:
		return '0'
	default:
		return byte('0' + c)
	}
}

// creditCheck is the eighteenth character of a credit code: weights 3^(i−1) modulo 31.
func creditCheck(body []byte) byte {
	sum, w := 0, 1
	for _, c := range body {
		v := 0
		for alphabet[v] != c {
			v++
		}
		sum += v * w
		w = w * 3 % 31
	}
	return alphabet[(31-sum%31)%31]
}
