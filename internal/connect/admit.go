package connect

import (
	"context"

	"eyas/internal/auth"
	"eyas/internal/fault"
)

// Admits refuses an actor who neither imports files nor works with lists of subjects: exchanging files with other systems is the work
// of offices. Each step asks for its own right, too.
func Admits(ctx context.Context, d auth.Directory) error {
	may := func(a auth.Action) bool { return d.Decide(ctx, a, auth.Resource{}) == nil }
	if may(auth.Import) || may(auth.Export) && d.Acting(ctx).Subject == 0 {
		if _, err := d.Scope(ctx, ""); err == nil {
			return nil
		}
	}
	return fault.New(fault.Forbidden, "您没有权限：您的角色不和别的系统交换文件。", "You have no right to that: your role exchanges no files with other systems.")
}
