package frame

import (
	"fmt"

	"eyas/internal/pack"
	"eyas/internal/web/address"
)

// RegisterPath is the address of a register's list.
func (f *Frame) RegisterPath(reg *pack.Register) string {
	if reg == f.City.Register {
		return "/enterprises"
	}
	return "/registers/" + reg.ID
}

// SubjectPath is the address of a subject.
func (f *Frame) SubjectPath(register, code string, subject int64) string {
	if f.City.Register != nil && register == f.City.Register.ID {
		return address.EnterprisePath(code, subject)
	}
	return fmt.Sprintf("/s/%d", subject)
}
