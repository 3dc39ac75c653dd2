package derive

// unlocked is the lock of those that share nothing.
type unlocked struct{}

func (unlocked) Lock() {}

func (unlocked) Unlock() {}
