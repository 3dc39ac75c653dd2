package fact

import "time"

// PlaceAnswer says which district a phrase in addresses stands for, as a person decided.
type PlaceAnswer struct {
	ID       int64
	Phrase   string // as package place compares it
	Org      string // id of a district, or places.Elsewhere
	Actor    string
	At       time.Time
	UndoneAt time.Time // zero: in force
	UndoneBy string
}

// InForce returns the answers that were not taken back: phrase → district.
func InForce(list []PlaceAnswer) map[string]string {
	answers := map[string]string{}
	for _, a := range list {
		if a.UndoneAt.IsZero() {
			answers[a.Phrase] = a.Org
		}
	}
	return answers
}
