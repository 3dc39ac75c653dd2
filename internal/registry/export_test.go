package registry

// SetBlockBytes makes blocks end after so many bytes, until what it gives is called.
func (g *Registry) SetBlockBytes(n int) (back func()) {
	was := g.base.BlockBytes
	g.base.BlockBytes = n
	return func() { g.base.BlockBytes = was }
}
