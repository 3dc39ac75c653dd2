package hook_test

import (
	"testing"

	"eyas/internal/store/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }
