package matter

import (
	"testing"

	"eyas/internal/matter/mattertest"
	"eyas/internal/pack"
)

var thirdLoaded *pack.Pack

// thirdPack is the pack of Tianjin with one more file, read once. Tests that change it read their own.
func thirdPack(t testing.TB) *pack.Pack {
	t.Helper()
	if thirdLoaded == nil {
		thirdLoaded = mattertest.WithThird(t)
	}
	return thirdLoaded
}
