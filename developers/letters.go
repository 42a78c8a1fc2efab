package developers

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"html/template"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"

	"portico"
	"portico/usecase"
)

// Letters words the mails that developers get: as the portal wants it, and
// where it wants nothing, in the developer's language.
type Letters struct{ usecase.Deps }

// Letter is what a mail is about.
type Letter struct {
	Template string            // one of TemplateNames, or of ownTemplates
	To       portico.Developer // their language counts, then the portal's
	Path     string            // the page of the portal that the mail asks to open; empty: none
	Token    string            // goes with Path; it lets somebody in
	Reason   string            // of a decision, in the admin's own words
	Values   map[string]string // of the variables that only this template has
}

// Write words a letter. It reads the portal's own wording in tx.
func (l Letters) Write(ctx context.Context, tx portico.Tx, portal portico.Portal, letter Letter) (*portico.Message, error) {
	language := languageOf(portal, letter.To)
	letter.To.FullName = greeting(letter.To)
	words := defaultWording(language, letter.Template)
	own, err := tx.EmailTemplates().List(ctx, portico.Everything(portico.Where("portal_id", portal.ID), portico.Where("name", letter.Template)))
	if err != nil {
		return nil, err
	}
	if len(own.Items) > 0 && own.Items[0].Enabled {
		words = words.with(own.Items[0])
	}
	from, err := senderOf(ctx, tx, portal)
	if err != nil {
		return nil, err
	}
	return l.compose(portal, from, letter, words, language)
}

// oneLine is a name without line breaks and other control characters: a name
// must not look like a text of its own in a mail.
func oneLine(name string) string {
	return strings.Join(strings.FieldsFunc(name, func(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) }), " ")
}

// linkable is what mail programs would make a link of.
var linkable = regexp.MustCompile(`[/@\\]|[^\s.]\.[^\s.]{2}`)

// greeting is how a mail names its reader. Anybody can sign up with anybody's
// address and any name, and so make us send a link; a name that could be one is
// left out in favour of the address.
func greeting(to portico.Developer) string {
	if linkable.MatchString(to.FullName) {
		return to.Email
	}
	return to.FullName
}

// languageOf is the language of mails to a developer.
func languageOf(portal portico.Portal, to portico.Developer) string {
	for _, tag := range []string{to.Language, portal.Language} {
		switch base, _, _ := strings.Cut(strings.ToLower(tag), "-"); base {
		case japanese, english:
			return base
		}
	}
	return english
}

// compose fills a wording in. A text without a variable stays as it is; nothing
// but the variables is evaluated.
func (l Letters) compose(portal portico.Portal, from sender, letter Letter, words Wording, language string) (*portico.Message, error) {
	address := l.PortalURL(l.Domain(portal))
	values := map[string]string{
		"portal_display_name": portal.DisplayName, "portal_domain": l.Domain(portal),
		"developer_email": letter.To.Email, "developer_fullname": letter.To.FullName,
		"dev_portal_reply_to": from.ReplyTo,
	}
	maps.Copy(values, letter.Values)
	m := &portico.Message{
		PortalID: portal.ID, Kind: letter.Template, FromName: from.Name, FromEmail: from.Email, ReplyTo: from.ReplyTo, To: letter.To.Email, Subject: fill(words.Subject, values),
		OneTime: letter.Token != "",
	}
	if letter.Path != "" {
		m.Link = address + letter.Path
		if letter.Token != "" {
			m.Link += "?token=" + url.QueryEscape(letter.Token)
		}
	}
	phrases := phrasesIn(language)
	m.Text = strings.TrimSpace(fill(words.Body, values)) + "\n"
	if letter.Reason != "" {
		m.Text += "\n" + phrases.Reason + "\n" + letter.Reason + "\n"
	}
	if m.Link != "" {
		m.Text += "\n" + m.Link + "\n"
	}
	m.Text += "\n-- \n" + portal.DisplayName + "\n" + address + "\n"
	var err error
	m.HTML, err = l.page(words, values, sheet{Language: language, Phrases: phrases, Reason: letter.Reason, Link: m.Link, Portal: portal.DisplayName, Address: address})
	return m, err
}

// variable is how a wording mentions a variable, with the space before it.
var variable = regexp.MustCompile(`( ?)\{\{\s*([a-z_]+)\s*\}\}`)

// fill puts the values in; an empty one leaves no gap. What is not known stays
// as it is written.
func fill(text string, values map[string]string) string {
	return variable.ReplaceAllStringFunc(text, func(found string) string {
		parts := variable.FindStringSubmatch(found)
		value, known := values[parts[2]]
		switch {
		case !known:
			return found
		case value == "":
			return ""
		}
		return parts[1] + value
	})
}

// sheet is what the HTML of a mail is made from.
type sheet struct {
	Language, Subject, Title, Button, Reason, Link, Portal, Address string

	Body    template.HTML
	Phrases phrases
}

// page is a mail as HTML: plain, semantic elements that every mail program
// shows in the reader's own fonts and colours.
func (l Letters) page(words Wording, values map[string]string, s sheet) (string, error) {
	body, err := render(words.Body, values)
	if err != nil {
		return "", err
	}
	s.Body = body
	s.Subject, s.Title, s.Button = fill(words.Subject, values), fill(words.Title, values), fill(words.ButtonLabel, values)
	var out strings.Builder
	if err := layout().Execute(&out, s); err != nil {
		return "", fmt.Errorf("laying a mail out: %w", err)
	}
	return out.String(), nil
}

// render makes HTML of a wording's Markdown. Values are put in afterwards and as
// text, so that nobody's name is read as Markdown or as HTML.
func render(markdown string, values map[string]string) (template.HTML, error) {
	names := slices.Sorted(maps.Keys(values))
	marks, pairs := maps.Clone(values), []string{}
	for i, name := range names {
		if values[name] == "" {
			continue
		}
		marks[name] = fmt.Sprintf("zqv%02dqz", i) // nothing that Markdown or a URL would change
		pairs = append(pairs, marks[name], html.EscapeString(values[name]))
	}
	var out bytes.Buffer
	if err := goldmark.Convert([]byte(fill(markdown, marks)), &out); err != nil {
		return "", fmt.Errorf("rendering a mail: %w", err)
	}
	filled := strings.NewReplacer(pairs...).Replace(out.String())
	return template.HTML(bluemonday.UGCPolicy().Sanitize(filled)), nil
}

func layout() *template.Template {
	return template.Must(template.New("mail").Parse(`<!doctype html>
<html lang="{{.Language}}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Subject}}</title></head>
<body>
<main>
<h1>{{.Title}}</h1>
{{.Body}}
{{- if .Reason}}<p>{{.Phrases.Reason}}</p>
<blockquote><p>{{.Reason}}</p></blockquote>
{{end}}
{{- if .Link}}<p><a href="{{.Link}}"><strong>{{if .Button}}{{.Button}}{{else}}{{.Phrases.Open}}{{end}}</strong></a></p>
<p><small>{{.Phrases.Address}}<br><a href="{{.Link}}">{{.Link}}</a></small></p>
{{end}}<hr>
<p><small>{{.Phrases.Why}} <a href="{{.Address}}">{{.Portal}}</a></small></p>
</main>
</body>
</html>
`))
}
