package address

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/web/words"
)

const (
	// LargestForm bounds a form, in bytes. Files are no forms; the folder for uploads bounds them.
	LargestForm = 4 << 20
	// LongestField bounds one value of a form or an address, in bytes.
	LongestField = 64 << 10
	// longestQuery bounds what follows the question mark of an address, in bytes.
	longestQuery = 32 << 10
)

// ReadForm reads the form of a request into PostForm, whole and as text, or says what is wrong with it. Files are left
// to be streamed.
func ReadForm(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodPost || isMultipart(r) {
		return nil
	}
	r.Body = http.MaxBytesReader(w, r.Body, LargestForm)
	if err := r.ParseForm(); err != nil {
		return errForm(err)
	}
	return checkValues(r.PostForm)
}

func isMultipart(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && strings.HasPrefix(kind, "multipart/")
}

// errForm says why a form was not read.
func errForm(err error) error {
	var large *http.MaxBytesError
	var escape url.EscapeError
	var said *fault.Error
	switch {
	case errors.As(err, &said): // the body itself says why it ended; see pacedBody
		return err
	case errors.As(err, &large):
		return fault.New(fault.TooLarge, fmt.Sprintf("表单太大，最多 %s。请分几次提交。", figure.Size(large.Limit)),
			fmt.Sprintf("The form is too large: at most %s. Send it in parts.", figure.Size(large.Limit))).Wrap(err)
	case errors.As(err, &escape):
		return fault.New(fault.Invalid, "表单的编码有误，读不出。请在本系统的页面里填写。", "The form is badly encoded and cannot be read: fill it in on a page of this system.").Wrap(err)
	}
	return fault.New(fault.Invalid, "表单没有完整收到，请再试一次。", "The form did not arrive complete: try again.").Wrap(err)
}

// checkValues holds every value of a form or an address to be text of a length that somebody may have typed.
func checkValues(values url.Values) error {
	for name, list := range values {
		if err := CheckText(name); err != nil {
			return err
		}
		for _, text := range list {
			if len(text) > LongestField {
				return fault.New(fault.TooLarge, fmt.Sprintf("“%s”一项太长，最多 %s。", Shortened(name), figure.Size(LongestField)),
					fmt.Sprintf("“%s” is too long: at most %s.", Shortened(name), figure.Size(LongestField)))
			}
			if err := CheckText(text); err != nil {
				return err
			}
		}
	}
	return nil
}

// CheckText refuses what is no text: bytes that are not UTF-8, and NUL, which no database keeps.
func CheckText(text string) error {
	switch {
	case !utf8.ValidString(text):
		return fault.New(fault.Invalid, "收到的文字不是 UTF-8 编码，读不出。请换用 UTF-8 编码后再试。", "The text is not UTF-8 and cannot be read: send it as UTF-8.")
	case strings.ContainsRune(text, 0):
		return fault.New(fault.Invalid, "收到的文字里有不可见的空字符（NUL）。请删去后再试。", "The text has a NUL character in it, which cannot be seen: delete it and try again.")
	}
	return nil
}

// Shortened is a text as a sentence quotes it.
func Shortened(text string) string {
	const most = 60
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// UnknownFilter refuses a filter of an address that means nothing.
func UnknownFilter(name, value string) error {
	said, value := Shortened(name), Shortened(value)
	return Mistake(fault.New(fault.Invalid, "筛选条件 "+said+"="+value+" 看不懂，没有采用。请在本页重新选择。",
		"The filter "+said+"="+value+" is not understood and was left out. Please choose it again on this page."), name)
}

// checkUnit refuses a unit that an address asks for and that is none.
func checkUnit(text string) error {
	if text != "" && !slices.Contains(words.Units, words.Unit(text)) {
		return UnknownFilter("unit", text)
	}
	return nil
}

// ReadYear reads a year field; empty is 0.
func ReadYear(text string, now time.Time) (int, error) {
	text = strings.TrimSuffix(strings.TrimSpace(text), "年")
	if text == "" {
		return 0, nil
	}
	y, err := strconv.Atoi(text)
	if err != nil || y < 1949 || y > now.Year()+1 {
		return 0, fault.New(fault.Invalid,
			fmt.Sprintf("年份“%s”读不出。请写成 %d 这样的四位数，或留空。", text, now.Year()-1),
			fmt.Sprintf("The year “%s” cannot be read: write four digits such as %d, or leave it empty.", text, now.Year()-1))
	}
	return y, nil
}
