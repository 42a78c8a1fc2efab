package localas

import "time"

// links is the _links member of a management object: a *href, or a list of them.
type links map[string]any

type href struct {
	Name  string `json:"name,omitempty"`
	Href  string `json:"href"`
	Hints *hints `json:"hints,omitempty"`
}

type hints struct {
	Allow []string `json:"allow"`
}

func link(url string, methods ...string) *href { return &href{Href: url, Hints: &hints{methods}} }

// lifecycle is the operation that an object of this status offers.
func lifecycle(status string) string {
	if status == active {
		return "deactivate"
	}
	return "activate"
}

// timestamp is the form of every time in the management API.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
