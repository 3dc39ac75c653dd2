package fact

import (
	"context"
	"fmt"
)

type narrow struct{}

// Narrow says of the write, or of what is done together, that is begun with the context: it depends on few things, each of
// which it claims before it looks at it (see Writer.Claim), and what it runs may be run again from the start. A database
// that can runs it beside others that claim other things. When it comes to depend on more, nothing of it is written, and it
// is run once more, alone.
func Narrow(ctx context.Context) context.Context { return context.WithValue(ctx, narrow{}, true) }

// IsNarrow reports whether Narrow was said.
func IsNarrow(ctx context.Context) bool { return ctx.Value(narrow{}) != nil }

// ClaimSubject names all that is known of a subject, as a thing that can be claimed.
func ClaimSubject(id int64) string { return fmt.Sprintf("subject %d", id) }

// ClaimCode names who has a code in a register, as a thing that can be claimed.
func ClaimCode(register, code string) string { return "code " + register + " " + code }

// ClaimName names who has a name in a register, by its key, as a thing that can be claimed.
func ClaimName(register, nameKey string) string { return "name " + register + " " + nameKey }

// ClaimsOf gives what a row claims that names somebody by a code, a name, or both.
func ClaimsOf(register, code, nameKey string) (things []string) {
	if code != "" {
		things = append(things, ClaimCode(register, code))
	}
	if nameKey != "" {
		things = append(things, ClaimName(register, nameKey))
	}
	return things
}
