package reference

import (
	"net/url"
	"slices"
	"strings"
)

// Caller is what code samples know of whoever will run them.
type Caller struct {
	BaseURL  string // where the API is served; empty: the document's first server
	ClientID string // of the caller's application; empty: a placeholder
	Auth     Auth   // how the portal wants callers to authenticate; NoAuth: as the document says
	KeyName  string // with Key: the header that the key goes into
}

// Request is an example of a request, with placeholders for secrets.
type Request struct {
	Method  string
	URL     string
	User    string      // with basic authentication; the password is $CLIENT_SECRET
	Headers [][2]string // in the order that they are written
	Body    string      // empty: none
}

// placeholderServer stands for a server that the document does not name.
const placeholderServer = "https://api.example.com"

// Request makes an example of a request of the operation: what is required is
// filled in, and what the document gives examples of in its path and query.
func (d *Document) Request(op Operation, c Caller) Request {
	r := Request{Method: op.Method, URL: d.base(op, c) + op.Path}
	query := url.Values{}
	var cookies []string
	for _, p := range op.Parameters {
		switch value := p.Example; {
		case p.In == "path":
			r.URL = strings.ReplaceAll(r.URL, "{"+p.Name+"}", url.PathEscape(value))
		case !p.Required:
		case p.In == "query":
			query.Set(p.Name, value)
		case p.In == "cookie":
			cookies = append(cookies, p.Name+"="+value)
		case !strings.EqualFold(p.Name, "Authorization") && !strings.EqualFold(p.Name, "Content-Type"):
			r.Headers = append(r.Headers, [2]string{oneLine(p.Name), oneLine(value)})
		}
	}
	r.authenticate(op, c, query, &cookies)
	if len(cookies) > 0 {
		r.Headers = append(r.Headers, [2]string{"Cookie", oneLine(strings.Join(cookies, "; "))})
	}
	if len(query) > 0 {
		r.URL += "?" + query.Encode()
	}
	if op.Body != nil && len(op.Body.Content) > 0 {
		media := op.Body.Content[0]
		r.Headers = append(r.Headers, [2]string{"Content-Type", oneLine(media.Type)})
		if len(media.Examples) > 0 {
			r.Body = media.Examples[0].Value
		}
	}
	return r
}

// base is the address that the operation's path follows.
func (d *Document) base(op Operation, c Caller) string {
	base := c.BaseURL
	if base == "" {
		base = op.Server
	}
	if base == "" && len(d.Servers) > 0 {
		base = d.Servers[0]
	}
	if !strings.Contains(base, "://") {
		base = placeholderServer + "/" + strings.TrimPrefix(base, "/")
	}
	return strings.TrimRight(base, "/")
}

// authenticate adds what says who sends the request.
func (r *Request) authenticate(op Operation, c Caller, query url.Values, cookies *[]string) {
	if c.Auth != NoAuth {
		r.add(Scheme{Kind: c.Auth, Where: "header", Key: c.KeyName}, c, query, cookies)
		return
	}
	if len(op.Security) == 0 || slices.ContainsFunc(op.Security, func(s Security) bool { return len(s) == 0 }) {
		return
	}
	for _, scheme := range op.Security[0] {
		r.add(scheme, c, query, cookies)
	}
}

func (r *Request) add(s Scheme, c Caller, query url.Values, cookies *[]string) {
	switch {
	case s.Kind == Basic:
		if r.User = oneLine(c.ClientID); r.User == "" {
			r.User = "$CLIENT_ID"
		}
	case s.Kind == Bearer:
		r.Headers = append(r.Headers, [2]string{"Authorization", "Bearer $TOKEN"})
	case s.Kind == Key && s.Where == "query":
		query.Set(s.Key, "API_KEY")
	case s.Kind == Key && s.Where == "cookie":
		*cookies = append(*cookies, s.Key+"=$API_KEY")
	case s.Kind == Key:
		r.Headers = append(r.Headers, [2]string{oneLine(s.Key), "$API_KEY"})
	}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
