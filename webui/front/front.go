package front

import (
	"context"
	"strings"

	"github.com/a-h/templ"

	"portico"
	"portico/content"
	"portico/control"
	"portico/markdown"
)

// featured is how many APIs the front page shows.
const featured = 6

// View is what the front page shows.
type View struct {
	Title, Text string
	Lang        string // of title and text; empty: the page's
	HTML        string // of the page that the portal's team has written; empty: there is none
	APIs        []control.PublishedAPI
	Total       int
	SignUp      bool
	Apps        bool // the portal has developer accounts
	Written     bool // the visitor sees a page that the portal's team has written
}

// Read finds what the front page shows to a visitor: the page that the portal's
// team has written or, under a title of Portico's, the portal's description.
func Read(ctx context.Context, c *control.Control, v control.Visitor, title string) (View, error) {
	found, err := c.Catalogue.APIs(ctx, v, portico.ListQuery{Size: featured, Number: 1})
	if err != nil {
		return View{}, err
	}
	page, err := c.Content.Visitors.Page(ctx, content.Visitor{Portal: v.Portal.ID, SignedIn: v.Developer != nil}, "")
	if err != nil && portico.KindOf(err) != portico.KindNotFound && portico.KindOf(err) != portico.KindUnauthenticated {
		return View{}, err
	}
	view := View{
		Title: title, Text: value(v.Portal.Description), APIs: found.Items, Total: found.Total, Written: err == nil,
		SignUp: v.Developer == nil && v.Portal.AuthenticationEnabled && v.Portal.BasicAuthEnabled, Apps: v.Portal.AuthenticationEnabled,
	}
	if view.Written {
		view.Lang, view.Text = v.Portal.Language, value(page.Description)
		view.Title, view.HTML = Article(page.Title, page.Body)
	}
	return view, nil
}

// Article makes HTML of a page's Markdown. Its first heading is the page's title.
func Article(title, body string) (heading, html string) {
	body = strings.TrimSpace(body)
	first, rest, _ := strings.Cut(body, "\n")
	if text, ok := strings.CutPrefix(first, "# "); ok {
		title, body = markdown.Summary(text, len(text)), rest
	}
	return title, markdown.HTML(body, 2, "")
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// writtenIn marks a text of the portal's team by its language, which need not
// be the page's.
func writtenIn(lang string) templ.Attributes {
	if lang == "" {
		return nil
	}
	return templ.Attributes{"lang": lang}
}
