package mandate_test

import (
	"testing"

	"eyas/internal/auth"
	"eyas/internal/mandate"
	"eyas/internal/store/basetest"
)

// What a decision costs of which mandates are asked: the first one of a request, which reads the base, and each one after it.
func BenchmarkDecide(b *testing.B) {
	c := open(b, basetest.Path(b))
	c.says(1, "张三")
	c.add("zhang", "张三", "1")
	c.add("agent", "王五", "1")
	if _, err := c.m.Establish(c.officer(), 1, c.grants["zhang"].ID, ""); err != nil {
		b.Fatal(err)
	}
	for _, m := range []string{"data", "consents", "traces"} {
		x, err := c.m.Entrust(c.as("zhang"), 1, mandate.Ask{Grant: c.grants["agent"].ID, Matters: []string{m}, Until: "2027-06-30"})
		if err == nil {
			err = c.m.Accept(c.as("agent"), x.ID)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	on := auth.Resource{Register: "enterprise", Lies: &auth.Lie{Subjects: []int64{1}}}
	for _, who := range []string{"zhang", "agent"} {
		b.Run(who+"/first", func(b *testing.B) {
			for b.Loop() {
				if err := c.people.Decide(auth.Once(c.as(who)), auth.Consent, on); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(who+"/next", func(b *testing.B) {
			ctx := auth.Once(c.as(who))
			for b.Loop() {
				if err := c.people.Decide(ctx, auth.Consent, on); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
