package webtest

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Client visits a site without a browser: in one language, keeping cookies, and
// holding every page to the HTML lint.
type Client struct {
	t    testing.TB
	base string
	lang string
	http *http.Client
}

// NewClient returns a client without cookies.
func NewClient(t testing.TB, base, lang string) *Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Client{t, base, lang, &http.Client{Jar: jar}}
}

// SetCookie gives the client a cookie of the site.
func (c *Client) SetCookie(name, value string) {
	at, err := url.Parse(c.base)
	c.must(err)
	c.http.Jar.SetCookies(at, []*http.Cookie{{Name: name, Value: value}})
}

// Shown is an answer, after redirects.
type Shown struct {
	*Client
	Status int
	Path   string // with its query
	Header http.Header
	Body   string
	doc    *html.Node
}

// Get asks for a page.
func (c *Client) Get(path string) *Shown { return c.send(http.MethodGet, path, nil) }

// Post sends a form.
func (c *Client) Post(path string, form url.Values) *Shown {
	return c.send(http.MethodPost, path, form)
}

func (c *Client) send(method, path string, form url.Values) *Shown {
	c.t.Helper()
	mediaType := ""
	if form != nil {
		mediaType = "application/x-www-form-urlencoded"
	}
	return c.ask(method, path, mediaType, strings.NewReader(form.Encode()))
}

// ask sends a body of a media type; empty: there is none.
func (c *Client) ask(method, path, mediaType string, body io.Reader) *Shown {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, body)
	c.must(err)
	r.Header.Set("Accept-Language", c.lang)
	if mediaType != "" {
		r.Header.Set("Content-Type", mediaType)
	}
	res, err := c.http.Do(r)
	c.must(err)
	defer res.Body.Close()
	all, err := io.ReadAll(res.Body)
	c.must(err)
	s := &Shown{Client: c, Status: res.StatusCode, Path: res.Request.URL.RequestURI(), Header: res.Header, Body: string(all)}
	s.doc, err = html.Parse(bytes.NewReader(all))
	c.must(err)
	if strings.HasPrefix(s.Body, "<!doctype") {
		Lint(c.t, s.Body)
		if strings.Contains(s.Text(), "<no value>") {
			c.t.Errorf("%s lacks a value:\n%s", s.Path, s.Text())
		}
	}
	return s
}

func (c *Client) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// Text is what the answer's main content says, with single spaces.
func (s *Shown) Text() string {
	if main := find(s.doc, "main"); main != nil {
		return words(main)
	}
	return words(s.doc)
}

// Submit fills in the page's form whose action ends so, and sends it with what
// is filled in already; a value of nil leaves the field out.
func (s *Shown) Submit(action string, values url.Values) *Shown {
	s.t.Helper()
	for _, form := range postForms(s.doc) {
		if !strings.HasSuffix(form.Action, action) {
			continue
		}
		maps.Copy(form.Values, values)
		return s.Post(form.Action, form.Values)
	}
	s.t.Fatalf("%s has no form that leads to %s:\n%s", s.Path, action, s.Text())
	return nil
}

// PostForm is a form that is posted: where to, and what a browser would send of
// it as it is. Of the buttons that is the only one's, if there is only one.
type PostForm struct {
	Action  string
	Values  url.Values
	Buttons []Button
}

// Button is one that sends a form. Action is empty where it is the form's.
type Button struct{ Name, Value, Action string }

// PostForms are a page's forms that are posted.
func PostForms(page string) ([]PostForm, error) {
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return nil, err
	}
	return postForms(doc), nil
}

// Forms are the page's forms that are posted.
func (s *Shown) Forms() []PostForm { return postForms(s.doc) }

func postForms(doc *html.Node) []PostForm {
	var out []PostForm
	for n := range doc.Descendants() {
		if method, _ := attr(n, "method"); n.Data != "form" || method != "post" {
			continue
		}
		f := PostForm{Values: filledIn(n), Buttons: buttons(n)}
		f.Action, _ = attr(n, "action")
		if len(f.Buttons) == 1 && f.Buttons[0].Name != "" {
			f.Values.Set(f.Buttons[0].Name, f.Buttons[0].Value)
		}
		out = append(out, f)
	}
	return out
}

// buttons are those that send a form.
func buttons(form *html.Node) []Button {
	var out []Button
	for n := range form.Descendants() {
		if kind, _ := attr(n, "type"); n.Data == "button" && kind != "button" {
			var b Button
			b.Name, _ = attr(n, "name")
			b.Value, _ = attr(n, "value")
			b.Action, _ = attr(n, "formaction")
			out = append(out, b)
		}
	}
	return out
}

// Links are where the page's links lead to.
func (s *Shown) Links() []string {
	var out []string
	for n := range s.doc.Descendants() {
		if href, ok := attr(n, "href"); n.Data == "a" && ok {
			out = append(out, href)
		}
	}
	return out
}

// filledIn is what a browser would send of a form as it is, but for its buttons.
func filledIn(form *html.Node) url.Values {
	sent := url.Values{}
	for n := range form.Descendants() {
		name, _ := attr(n, "name")
		kind, _ := attr(n, "type")
		value, _ := attr(n, "value")
		_, checked := attr(n, "checked")
		switch {
		case name == "" || n.Data == "button":
		case n.Data == "input" && (kind == "radio" || kind == "checkbox"):
			if checked {
				sent.Add(name, value)
			}
		case n.Data == "input" && kind != "submit" && kind != "file":
			sent.Add(name, value)
		case n.Data == "textarea" && n.FirstChild != nil:
			sent.Add(name, n.FirstChild.Data)
		case n.Data == "select":
			sent.Add(name, chosen(n))
		}
	}
	return sent
}

// chosen is the value of a select: of the option that is selected, or the first.
func chosen(list *html.Node) string {
	first, any := "", false
	for n := range list.Descendants() {
		if n.Data != "option" {
			continue
		}
		value, _ := attr(n, "value")
		if _, selected := attr(n, "selected"); selected {
			return value
		}
		if !any {
			first, any = value, true
		}
	}
	return first
}

// Is stops the test unless the answer has the status and its path begins so.
func (s *Shown) Is(status int, path string) *Shown {
	s.t.Helper()
	if s.Status != status || !strings.HasPrefix(s.Path, path) {
		s.t.Fatalf("got %d %s, want %d %s:\n%s", s.Status, s.Path, status, path, s.Text())
	}
	return s
}

// Says holds that the main content has every text.
func (s *Shown) Says(texts ...string) *Shown {
	s.t.Helper()
	for _, text := range texts {
		if !strings.Contains(s.Text(), text) {
			s.t.Errorf("%s does not say %q:\n%s", s.Path, text, s.Text())
		}
	}
	return s
}

// Hides holds that no part of the answer has any of the texts.
func (s *Shown) Hides(texts ...string) *Shown {
	s.t.Helper()
	for _, text := range texts {
		if strings.Contains(s.Body, text) {
			s.t.Errorf("%s shows %q", s.Path, text)
		}
	}
	return s
}

// Fault holds that a field is marked as wrong, and that the summary leads to it.
func (s *Shown) Fault(field string) *Shown {
	s.t.Helper()
	if !strings.Contains(s.Body, `href="#`+field+`"`) || !strings.Contains(s.Body, `id="`+field+`"`) {
		s.t.Errorf("%s does not mark the field %s:\n%s", s.Path, field, s.Text())
	}
	return s
}

// TextOf is what the element with an id holds, letter by letter.
func (s *Shown) TextOf(id string) string {
	s.t.Helper()
	for n := range s.doc.Descendants() {
		if value, _ := attr(n, "id"); value != id {
			continue
		}
		var text strings.Builder
		for inner := range n.Descendants() {
			if inner.Type == html.TextNode {
				text.WriteString(inner.Data)
			}
		}
		return text.String()
	}
	s.t.Fatalf("%s has no element %s", s.Path, id)
	return ""
}
