package catalog

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"portico"
	"portico/secret"
	"portico/webui/page"
	"portico/webui/reference"
)

// tryView is the page that calls an operation.
type tryView struct {
	API       api
	Operation reference.Operation
	Base      string
	Form      *page.Form
	Ways      []reference.Auth // to authenticate
	KeyName   string
	Result    *result // nil: nothing was sent
}

// result is what the gateway answered.
type result struct {
	Status    int // 0: there was no answer
	Took      time.Duration
	Headers   [][2]string
	Body      string
	Truncated bool
	Binary    int    // length of a body that is no text
	Help      string // key of a text that says why it failed; empty: it did not
}

const (
	maxAnswer = 256 << 10 // bytes that are shown of an answer
	maxValue  = 4000      // characters of a parameter
)

// parameterField is the name of the form's field for a parameter.
func parameterField(p reference.Parameter) string { return p.In + "." + p.Name }

// tryView finds the operation and what it takes.
func (p pages) tryView(v *page.Visit, a api) (tryView, error) {
	none := portico.Errorf(portico.KindNotFound, "The API has no operation at this address that could be tried out.").Named("no_operation")
	view := tryView{API: a}
	if a.Version == nil {
		return view, none
	}
	document, err := p.documents.of(*a.Version)
	if err != nil {
		return view, none
	}
	head, found := document.Operation(v.PathValue("operation"))
	if !found {
		return view, none
	}
	view.Operation = document.Detail(head, 1)
	view.Operation.Parameters = slices.DeleteFunc(view.Operation.Parameters, func(q reference.Parameter) bool {
		return q.In == "cookie" || q.In == "header" && (forbidden(q.Name) || !isToken(q.Name) || strings.EqualFold(q.Name, "Authorization"))
	})
	view.Ways, view.KeyName = waysOf(a)
	view.Base, err = p.base(v.Context(), a)
	return view, err
}

// waysOf are the ways to authenticate that an API's strategy knows.
func waysOf(a api) (ways []reference.Auth, keyName string) {
	auth, keyName := authOf(a)
	switch auth {
	case reference.NoAuth:
		return nil, ""
	case reference.Key:
		return []reference.Auth{reference.Key}, keyName
	case reference.Basic:
		ways = append(ways, reference.Basic)
	}
	return append(ways, reference.Bearer), ""
}

func (p pages) tryForm(w http.ResponseWriter, v *page.Visit, a api) error {
	view, err := p.tryView(v, a)
	if err != nil {
		return err
	}
	filled := url.Values{}
	for _, q := range view.Operation.Parameters {
		filled.Set(parameterField(q), q.Example)
	}
	if body := view.Operation.Body; body != nil && len(body.Content) > 0 && len(body.Content[0].Examples) > 0 {
		filled.Set("body", body.Content[0].Examples[0].Value)
	}
	view.Form = v.EmptyForm(filled)
	return p.showTry(w, v, http.StatusOK, view)
}

func (p pages) showTry(w http.ResponseWriter, v *page.Visit, status int, view tryView) error {
	v.NoStore() // a credential is typed in, and an answer shown
	return v.Render(w, status, v.T("catalog.try_title", "Name", view.Operation.Summary), tryPage(view), page.NotIndexed)
}

func (p pages) try(w http.ResponseWriter, v *page.Visit, a api) error {
	view, err := p.tryView(v, a)
	if err != nil {
		return err
	}
	if view.Form, err = v.Form(); err != nil {
		return err
	}
	password := secret.New(view.Form.Value("secret"))
	view.Form.Values.Del("secret") // it is not shown again
	target, err := p.target(v.Context(), a, view.Operation.Method)
	if err != nil {
		return err
	}
	if target == nil {
		return portico.Errorf(portico.KindConflict, "The gateway has no route to this API for this method yet; nothing was sent. Ask the portal's team.").Named("no_route")
	}
	request := view.request(v.Context(), *target, password)
	if !view.Form.OK() {
		return p.showTry(w, v, http.StatusUnprocessableEntity, view)
	}
	view.Result = p.send(request, password)
	return p.showTry(w, v, http.StatusOK, view)
}

// request makes what was typed in into a request for the gateway; nil, with
// faults in the form, if it cannot be one.
func (t *tryView) request(ctx context.Context, to target, password secret.Text) *http.Request {
	inPath, query, header := map[string]string{}, url.Values{}, http.Header{}
	for _, q := range t.Operation.Parameters {
		field := parameterField(q)
		value := t.Form.Text(field, q.Required, maxValue)
		switch {
		case q.In == "path":
			inPath[q.Name] = value
		case value == "":
		case q.In == "query":
			query.Set(q.Name, value)
		case strings.ContainsFunc(value, isControl):
			t.Form.Reject(field, "errors.bad_text")
		default:
			header.Set(q.Name, value)
		}
	}
	path, bad := operationPath(t.Operation.Path, inPath)
	if bad != "" && t.Form.Fault("path."+bad) == "" {
		t.Form.Reject("path."+bad, "catalog.bad_segment")
	}
	var body io.Reader
	if content := t.Operation.Body; content != nil && len(content.Content) > 0 {
		if typed := t.Form.Value("body"); typed != "" {
			body = strings.NewReader(typed)
			header.Set("Content-Type", content.Content[0].Type)
		}
	}
	t.authenticate(header, password)
	if !t.Form.OK() {
		return nil
	}
	escaped, err := url.Parse(to.url.EscapedPath() + path)
	if err != nil || escaped.Host != "" || escaped.IsAbs() {
		t.Form.Reject("", "catalog.bad_path")
		return nil
	}
	to.url.Path, to.url.RawPath, to.url.RawQuery = escaped.Path, escaped.RawPath, query.Encode()
	request, err := http.NewRequestWithContext(ctx, t.Operation.Method, to.url.String(), body)
	if err != nil {
		t.Form.Reject("", "catalog.bad_path")
		return nil
	}
	request.Header, request.Host = header, to.host
	return request
}

// authenticate adds the credential. None may be given, to see what happens.
func (t *tryView) authenticate(header http.Header, password secret.Text) {
	if strings.ContainsFunc(password.Reveal(), isControl) {
		t.Form.Reject("secret", "errors.bad_text")
		return
	}
	way := reference.Auth(t.Form.Value("way"))
	switch {
	case password.Empty() || !slices.Contains(t.Ways, way):
	case way == reference.Basic:
		carrier := http.Request{Header: header}
		carrier.SetBasicAuth(t.Form.Text("client", true, 255), password.Reveal())
	case way == reference.Bearer:
		header.Set("Authorization", "Bearer "+password.Reveal())
	default:
		header.Set(t.KeyName, password.Reveal())
	}
}

// send calls the gateway and reads its answer.
func (p pages) send(r *http.Request, password secret.Text) *result {
	began := p.Now()
	answer, err := p.Trials.Gateway.Do(r)
	out := &result{Took: p.Now().Sub(began)}
	if err != nil {
		out.Help = "catalog.help_unreachable"
		if errors.Is(err, context.DeadlineExceeded) {
			out.Help = "catalog.help_slow"
		}
		return out
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	out.Took = p.Now().Sub(began)
	out.Status, out.Help = answer.StatusCode, help(answer.StatusCode, !password.Empty())
	out.Truncated = err != nil || len(body) > maxAnswer
	out.read(answer.Header.Get("Content-Type"), body[:min(len(body), maxAnswer)])
	for name, values := range answer.Header {
		value := strings.Join(values, ", ")
		if name == "Set-Cookie" {
			value = "[redacted]" // a session is as good as a secret
		}
		out.Headers = append(out.Headers, [2]string{name, value})
	}
	slices.SortFunc(out.Headers, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	return out
}

// read makes a body presentable: JSON is indented, what is no text is counted.
func (r *result) read(contentType string, body []byte) {
	media, _, _ := mime.ParseMediaType(contentType) // what is none is text, if it is valid
	var indented bytes.Buffer
	switch {
	case strings.HasSuffix(media, "json") && json.Indent(&indented, body, "", "  ") == nil:
		r.Body = indented.String()
	case utf8.Valid(body) || r.Truncated && strings.HasPrefix(media, "text/"):
		r.Body = strings.ToValidUTF8(string(body), "�")
	default:
		r.Binary = len(body)
	}
}

// help names the text that explains a status.
func help(status int, authenticated bool) string {
	switch {
	case status == http.StatusUnauthorized && !authenticated:
		return "catalog.help_no_credential"
	case status == http.StatusUnauthorized:
		return "catalog.help_401"
	case status == http.StatusForbidden:
		return "catalog.help_403"
	case status == http.StatusNotFound:
		return "catalog.help_404"
	case status == http.StatusTooManyRequests:
		return "catalog.help_429"
	case status >= http.StatusInternalServerError:
		return "catalog.help_5xx"
	}
	return ""
}
