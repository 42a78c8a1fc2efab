package dialect

import "time"

// Links is the _links member of a management object: a *Href, or a list of them.
type Links map[string]any

// Href is one link.
type Href struct {
	Name  string `json:"name,omitempty"`
	Href  string `json:"href"`
	Hints *Hints `json:"hints,omitempty"`
}

// Hints says which methods a link answers.
type Hints struct {
	Allow []string `json:"allow"`
}

// Link is a link that answers the methods.
func Link(url string, methods ...string) *Href { return &Href{Href: url, Hints: &Hints{methods}} }

// Timestamp is the form of every time in the management API.
func Timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
