package main

import (
	"fmt"

	"eyas/internal/answer"
)

// caseCertificateCmd tells the certificates of a case.
type caseCertificateCmd struct {
	plainly
	ID int64 `arg:"" name:"case" help:"办件的编号 | number of the case"`
}

func (caseCertificateCmd) examples() []string { return []string{"eyas case certificate 17 --json"} }

func (c caseCertificateCmd) Run(a *app) error {
	d, _, err := a.desk()
	if err != nil {
		return err
	}
	list, err := d.Certificates(a.ctx, c.ID)
	if err != nil {
		return err
	}
	said := answer.CaseCertificates{Case: c.ID, Certificates: []answer.CaseCertificate{}}
	for _, x := range list {
		one, err := d.Verify(a.ctx, x.Token)
		if err != nil {
			return err
		}
		said.Certificates = append(said.Certificates, answer.CaseCertificate{Certificate: x.Kind, Number: x.Number, State: one.State, Until: string(x.Last), Revoked: string(x.Revoked), Page: "/verify/" + x.Token})
	}
	if a.json {
		return a.object(said)
	}
	for _, x := range said.Certificates {
		fmt.Fprintln(a.out, x.Number, x.State, x.Until, x.Page)
	}
	return nil
}
