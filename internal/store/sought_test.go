package store_test

import (
	"context"
	"testing"
	"time"

	"eyas/internal/people"
)

// What is found by a text with an identity number in it is found, and the number stands nowhere in clear: a provider may know
// people by their numbers, and somebody may type a number where the account belongs.
func TestRowsAreFoundByNumbers(t *testing.T) {
	const number, other = "110105199003070017", "110105199003070041"
	bothBases(t, func(t *testing.T, dsn string) {
		db := open(t, dsn)
		now := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
		for _, subject := range []string{number, "a-subject"} {
			if err := db.WritePeople(t.Context(), func(ctx context.Context, w people.Writer) error {
				return w.AddLogin(ctx, "https://id.example", subject, "wang", now)
			}); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []struct{ issuer, subject, want string }{
			{"https://id.example", number, "wang"}, {"https://id.example", "a-subject", "wang"},
			{"https://id.example", other, ""}, {"https://else.example", number, ""},
		} {
			if err := db.ReadPeople(t.Context(), func(r people.Reader) error {
				got, err := r.Login(t.Context(), c.issuer, c.subject)
				if got != c.want {
					t.Errorf("%s of %s is %q", c.subject, c.issuer, got)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.WriteAside(t.Context(), func(w people.Aside) error {
			for range 3 {
				if err := w.AddAttempt(t.Context(), "account "+number, now); err != nil {
					return err
				}
			}
			if err := w.Lock(t.Context(), "account "+number, now.Add(time.Hour)); err != nil {
				return err
			}
			n, err := w.Attempts(t.Context(), "account "+number, now.Add(-time.Minute))
			if err != nil || n != 3 {
				t.Errorf("%d attempts are counted", n)
			}
			until, err := w.LockedUntil(t.Context(), "account "+number)
			if err != nil || !until.Equal(now.Add(time.Hour)) {
				t.Errorf("it is locked until %v", until)
			}
			if n, err := w.Attempts(t.Context(), "account "+other, now.Add(-time.Minute)); err != nil || n != 0 {
				t.Errorf("%d attempts of another account", n)
			}
			if err := w.ForgetAttempts(t.Context(), "account "+number, now.Add(-time.Hour)); err != nil {
				return err
			}
			if n, err := w.Attempts(t.Context(), "account "+number, now.Add(-time.Minute)); err != nil || n != 0 {
				t.Errorf("%d attempts are left", n)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}
