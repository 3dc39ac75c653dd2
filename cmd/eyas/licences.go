package main

import "eyas/internal/web/assets"

// licencesCmd prints the licences of what is in the program.
type licencesCmd struct{ plainly }

func (licencesCmd) examples() []string { return []string{"eyas licences"} }

func (licencesCmd) Run(a *app) error {
	text := assets.Read("THIRD-PARTY.txt")
	if a.json {
		return a.object(map[string]string{"licences": string(text)})
	}
	_, err := a.out.Write(text)
	return err
}
