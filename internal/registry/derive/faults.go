package derive

import (
	"fmt"

	"eyas/internal/fault"
)

// NoSubject returns the fault for a subject id that does not exist.
func NoSubject(id int64) error {
	return fault.New(fault.NotFound, fmt.Sprintf("底库里没有编号为 %d 的主体。", id), fmt.Sprintf("The base has no subject number %d.", id))
}

// NoQuestion returns the fault for a question that does not exist.
func NoQuestion(id int64) error {
	return fault.New(fault.NotFound, fmt.Sprintf("没有编号为 %d 的待确认关联。", id), fmt.Sprintf("There is no question number %d.", id))
}

// NoImport returns the fault for an import that does not exist.
func NoImport(id int64) error {
	return fault.New(fault.NotFound, fmt.Sprintf("没有编号为 %d 的导入。", id), fmt.Sprintf("There is no import number %d.", id))
}

// BadProfile adds the id of the subject to an error about its profile.
func BadProfile(subject int64, err error) error { return fmt.Errorf("profile %d: %w", subject, err) }

// MissingProfile returns the error for a subject without a profile.
func MissingProfile(subject int64) error {
	return fmt.Errorf("registry: subject %d has no profile: the base is not consistent", subject)
}

// MissingRecord returns the error for a profile that refers to a record that does not exist.
func MissingRecord(id int64) error {
	return fmt.Errorf("registry: a profile names record %d, which does not exist: the base is not consistent", id)
}
