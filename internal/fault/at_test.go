package fault_test

import (
	"errors"
	"testing"

	"eyas/internal/fault"
)

func TestAt(t *testing.T) {
	cause := errors.New("no such row")
	call := func(subject int64, fail error) (err error) {
		defer fault.At(&err, "profile.Profile(subject %d)", subject)
		return fail
	}
	if err := call(17, nil); err != nil {
		t.Errorf("a call without an error gives %v", err)
	}
	if err := call(17, cause); !errors.Is(err, cause) || err.Error() != "profile.Profile(subject 17): no such row" {
		t.Errorf("the error is %v", err)
	}
	said := fault.New(fault.NotFound, "没有这个主体。", "There is no such subject.")
	var f *fault.Error
	if err := call(17, said); !errors.As(err, &f) || f != said || fault.Of(err) != fault.NotFound {
		t.Errorf("%v does not hold the fault", err)
	}
}
