package figure

import (
	"regexp"
	"strings"
)

var (
	mobileNumber   = regexp.MustCompile(`\b1[3-9][0-9][- ]?[0-9]{4}[- ]?[0-9]{4}\b`)
	identityNumber = regexp.MustCompile(`\b[1-8][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]\b`)
	mailAddress    = regexp.MustCompile(`\b[0-9A-Za-z._%+-]+@[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)+\b`)
)

// Masked hides the mobile numbers, identity numbers and mail addresses in a text that people wrote. A unified social credit
// code stays: as an identity number it would have another check digit.
func Masked(s string) string {
	if strings.ContainsAny(s, "0123456789") {
		s = identityNumber.ReplaceAllStringFunc(s, func(n string) string {
			if !checksIdentity(n) {
				return n
			}
			return Mask(n)
		})
		s = mobileNumber.ReplaceAllStringFunc(s, Mask)
	}
	if strings.Contains(s, "@") {
		s = mailAddress.ReplaceAllStringFunc(s, Mask)
	}
	return s
}

// checksIdentity reports whether the last character of an identity number is the check digit of GB 11643.
func checksIdentity(n string) bool {
	weights := [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		sum += int(n[i]-'0') * w
	}
	return "10X98765432"[sum%11] == n[17] || sum%11 == 2 && n[17] == 'x'
}
