package content

import "portico/usecase"

// Content is every use case of this package.
type Content struct {
	Pages     Pages
	Snippets  Snippets
	Documents Documents
	Designs   Designs
	Images    Images
	Defaults  Defaults
	Visitors  Visitors
}

// New wires the use cases to the outside.
func New(d usecase.Deps) Content {
	return Content{
		Pages: Pages{d}, Snippets: Snippets{d}, Documents: Documents{d}, Designs: Designs{d},
		Images: Images{d}, Defaults: Defaults{d}, Visitors: Visitors{d},
	}
}
