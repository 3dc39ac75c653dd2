// Package lost keeps what somebody was about who has to sign in first: a form goes along with the page to sign in, and an address is
// gone back to.
package lost

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"eyas/internal/web/address"
)

// Instead is the error of a request that is answered with another page.
type Instead struct{ URL string }

func (i *Instead) Error() string { return "web: answered with " + i.URL }

// Form is a form that was sent by somebody who was not signed in any more. It goes along with the page to sign in.
type Form struct {
	Action string          `json:"action"`
	Fields []address.Field `json:"fields"`
}

type formKey struct{}

// With returns the context of a request that carries a form along.
func With(ctx context.Context, l *Form) context.Context { return context.WithValue(ctx, formKey{}, l) }

// Of is the form that a request to sign in carries along; nil: none.
func Of(r *http.Request) *Form {
	if l, ok := r.Context().Value(formKey{}).(*Form); ok {
		return l
	}
	text := r.PostForm.Get("lost")
	if text == "" {
		return nil
	}
	l := &Form{}
	if json.Unmarshal([]byte(text), l) != nil || OwnPath(l.Action) == "" {
		return nil
	}
	return l
}

// Text is the form in one field.
func (l *Form) Text() string {
	text, err := json.Marshal(l)
	if err != nil {
		panic(err) // texts have a text
	}
	return string(text)
}

// OwnPath is an address of this server that a link may lead back to; empty when it is none: no page leads to another site.
func OwnPath(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(text, "/") || strings.HasPrefix(text, "//") || strings.ContainsAny(text, "\\\r\n\t") ||
		strings.HasPrefix(u.Path, "//") {
		return ""
	}
	return text
}
