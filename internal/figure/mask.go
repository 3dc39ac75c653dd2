package figure

import (
	"regexp"
	"strings"

	"eyas/internal/vault"
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
			if !vault.IsNumber(n) {
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
