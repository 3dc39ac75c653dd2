package people

// Cheap makes hashes cost little, for tests of everything but them.
func Cheap() (restore func()) {
	was := memory
	memory = 64
	return func() { memory = was }
}

// Tales has the log tell fewer accounts and addresses apart.
func Tales(most int) (restore func()) {
	was := tellMost
	tellMost = most
	return func() { tellMost = was }
}

// KeyOf is the key under which a token is stored.
func KeyOf(token string) string { return keyOf(token) }
