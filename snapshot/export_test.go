package snapshot

// WithHeader puts the header that belongs to a body in front of it.
func WithHeader(body []byte) []byte { return withHeader(body) }
