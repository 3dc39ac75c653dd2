package derive

// unlocked is the lock of goroutines that share nothing: it does nothing.
type unlocked struct{}

func (unlocked) Lock() {}

func (unlocked) Unlock() {}
