package derive

import (
	"fmt"

	"eyas/internal/fault"
)

// NoSubject is the fault of naming a subject that does not exist.
func NoSubject(id int64) error {
	return fault.New(fault.NotFound, fmt.Sprintf("底库里没有编号为 %d 的主体。", id), fmt.Sprintf("The base has no subject number %d.", id))
}

// BadProfile says of which profile an error is.
func BadProfile(subject int64, err error) error { return fmt.Errorf("profile %d: %w", subject, err) }

// MissingProfile is the error of a subject without a profile.
func MissingProfile(subject int64) error {
	return fmt.Errorf("registry: subject %d has no profile: the base is not consistent", subject)
}

// MissingRecord is the error of a profile that names a record which does not exist.
func MissingRecord(id int64) error {
	return fmt.Errorf("registry: a profile names record %d, which does not exist: the base is not consistent", id)
}
