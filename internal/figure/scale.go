package figure

// Scale is what an amount is counted in: fen (or cents) per one.
type Scale int64

// The scales in which forms and pages count amounts.
const (
	InYuan Scale = 100            // 元
	InWan  Scale = 1_000_000      // 万元, ten thousand yuan
	InYi   Scale = 10_000_000_000 // 亿元, a hundred million yuan
)

// Write writes an amount of fen as a field is filled in: exact, without thousands apart and without its unit. What reads
// it in the same scale gets the same fen.
func (s Scale) Write(fen int64) string { return divided(fen, int64(s)) }

// Show writes an amount of fen for people: exact, with thousands apart and without its unit.
func (s Scale) Show(fen int64) string { return pointed(divided(fen, int64(s))) }
