package address

import "strconv"

// EnterprisePath is the address of an enterprise: by its code, else by its number in the base.
func EnterprisePath(code string, subject int64) string {
	if code != "" {
		return "/enterprises/" + code
	}
	return "/enterprises/s-" + strconv.FormatInt(subject, 10)
}

// ImportPath is the page of an import.
func ImportPath(id int64) string { return "/import/record/" + strconv.FormatInt(id, 10) }

// RecordsPath is the page of the records of a subject: which are its own, what was merged and moved.
func RecordsPath(subject int64) string { return "/s/" + strconv.FormatInt(subject, 10) + "/records" }
