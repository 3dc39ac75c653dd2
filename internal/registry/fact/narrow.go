package fact

import (
	"context"
	"fmt"
)

type narrow struct{}

// Narrow marks a context: the write that begins with it depends on few things, and claims each of them before it reads it
// (see Writer.Claim). The database may run such a write beside others that claim other things, and may run it again from
// the start. When the write turns out to depend on more, nothing of it is written, and it runs once more, alone.
func Narrow(ctx context.Context) context.Context { return context.WithValue(ctx, narrow{}, true) }

// IsNarrow reports whether a context comes from Narrow.
func IsNarrow(ctx context.Context) bool { return ctx.Value(narrow{}) != nil }

// ClaimSubject returns the claim on everything that is known about a subject.
func ClaimSubject(id int64) string { return fmt.Sprintf("subject %d", id) }

// ClaimCode returns the claim on the question which subject of a register has a code.
func ClaimCode(register, code string) string { return "code " + register + " " + code }

// ClaimName returns the claim on the question which subjects of a register have a name, given by its key.
func ClaimName(register, nameKey string) string { return "name " + register + " " + nameKey }

// ClaimsOf returns the claims of a row that names a subject by a code, a name, or both.
func ClaimsOf(register, code, nameKey string) (things []string) {
	if code != "" {
		things = append(things, ClaimCode(register, code))
	}
	if nameKey != "" {
		things = append(things, ClaimName(register, nameKey))
	}
	return things
}
