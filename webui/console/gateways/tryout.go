package gateways

import (
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"portico"
	"portico/access"
	"portico/dryrun"
	"portico/httpkit"
	"portico/secret"
	"portico/webui/design"
	"portico/webui/desk"
)

// tryView is the form of a request, and what the gateway would do with it.
type tryView struct {
	plane
	form    *desk.Form
	methods []design.Option
	schemes []design.Option
	answer  *dryrun.Answer // nil: nothing was asked yet
	steps   []design.TraceStep
}

// tried are the methods that can be tried.
var tried = []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}

func (p pages) tryForm(w http.ResponseWriter, v *desk.Visit) error {
	of, err := p.planeOf(v, "/test")
	if err != nil {
		return err
	}
	at := p.GatewayURL
	if len(of.ProxyURLs) > 0 {
		at = addressOf(of.ProxyURLs[0])
	}
	values := url.Values{"method": {http.MethodGet}, "path": {"/"}, "scheme": {"http"}}
	if u, err := url.Parse(at); err == nil {
		values.Set("scheme", u.Scheme)
		values.Set("host", u.Host)
	}
	return showTry(w, v, http.StatusOK, tryView{plane: of, form: v.EmptyForm(values)})
}

func showTry(w http.ResponseWriter, v *desk.Visit, status int, view tryView) error {
	for _, m := range tried {
		view.methods = append(view.methods, design.Option{Value: m, Label: m, Selected: view.form.Value("method") == m})
	}
	for _, s := range []string{"https", "http"} {
		view.schemes = append(view.schemes, design.Option{Value: s, Label: s, Selected: view.form.Value("scheme") == s})
	}
	return v.Render(w, status, view.Name, tryPage(view))
}

func (p pages) try(w http.ResponseWriter, v *desk.Visit) error {
	of, err := p.planeOf(v, "/test")
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	view := tryView{plane: of, form: f}
	q, err := p.readTry(v, f)
	if err != nil {
		return err
	}
	return v.Submit(desk.Task{
		Form: f, Fields: map[string]string{"target": "path"},
		Do: func() (desk.Answer, error) {
			answer, err := p.DryRuns.Try(v.Context(), q)
			return func() error {
				view.answer, view.steps = &answer, explained{v, of, answer}.steps()
				return showTry(w, v, http.StatusOK, view)
			}, err
		},
		Show: func(status int, _ templ.Component) error { return showTry(w, v, status, view) },
	})
}

// The longest texts of a request.
const (
	maxTarget     = 8192
	maxHost       = 253
	maxCredential = 1024
)

// readTry reads the request. The key is not shown again.
func (p pages) readTry(v *desk.Visit, f *desk.Form) (dryrun.Request, error) {
	q := dryrun.Request{
		Method: f.Choice("method", tried...), Secure: f.Choice("scheme", "http", "https") == "https",
		Host: f.Text("host", true, maxHost), Target: f.Text("path", true, maxTarget), Header: http.Header(readHeaders(f)),
		Source: httpkit.ClientAddr(v.Request),
	}
	canonical := http.Header{}
	for name, values := range q.Header {
		canonical[http.CanonicalHeaderKey(name)] = append(canonical[http.CanonicalHeaderKey(name)], values...)
	}
	q.Header = canonical
	if q.Header.Get("Authorization") != "" || q.Header.Get("Cookie") != "" {
		f.Reject("headers", "gateways.try_no_secrets")
	}
	if strings.ContainsAny(q.Host, "/ @") {
		f.Reject("host", "gateways.try_bad_host")
	}
	if typed := f.Text("source", false, maxHost); typed != "" {
		var err error
		if q.Source, err = netip.ParseAddr(typed); err != nil {
			f.Reject("source", "gateways.try_bad_source")
		}
	}
	q.Key = secret.New(strings.TrimSpace(f.Value("key")))
	f.Values.Del("key")
	named := f.Text("application", false, maxCredential)
	switch {
	case named == "":
		return q, nil
	case !q.Key.Empty():
		f.Reject("key", "gateways.try_one_credential")
		return q, nil
	}
	app, err := p.DryRuns.Caller(v.Context(), named)
	switch {
	case portico.KindOf(err) == portico.KindNotFound && err != nil, err == nil && !v.May(access.Portals, access.View, string(app.PortalID)):
		f.Reject("application", "gateways.try_no_application", "Name", named)
	case err != nil:
		return q, f.Refused(err, nil)
	}
	q.Application = &app
	return q, nil
}

// sees says whether the visitor may look at a control plane.
func sees(v *desk.Visit, plane string) bool {
	return v.May(access.ControlPlanes, access.View, plane)
}

// apiNames are the APIs that guard a service, as far as the visitor may see
// them.
func apiNames(v *desk.Visit, a dryrun.Answer) []reference {
	var out []reference
	for _, x := range a.Access {
		one := reference{a.APIs[x.APIID].Name, "/apis/" + x.APIID}
		if v.May(access.APIs, access.View, x.APIID) && !slices.Contains(out, one) {
			out = append(out, one)
		}
	}
	return out
}

// strategyNames are the strategies that callers may use.
func strategyNames(a dryrun.Answer) string {
	var out []string
	for _, x := range a.Access {
		if name := a.Strategies[x.StrategyID].Name; !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return strings.Join(out, ", ")
}
