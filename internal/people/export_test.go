package people

// Cheap makes hashes cost little, for tests of everything but them.
func Cheap() (restore func()) {
	was := memory
	memory = 64
	return func() { memory = was }
}
