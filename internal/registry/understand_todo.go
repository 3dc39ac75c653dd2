package registry

type columnReader struct{}
