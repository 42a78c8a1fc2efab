package apps

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"portico"
	"portico/control"
	"portico/httpkit"
	"portico/problem"
	"portico/secret"
	"portico/webui/page"
)

// handoffCookie holds the key of a hand-off, for its pages alone.
const handoffCookie = "portico_handoff"

// formLife is how long a form may lie open until it is sent.
const formLife = 24 * time.Hour

// handoffPath is an address of a hand-off, whose id may be anything that a
// visitor typed.
func handoffPath(id portico.HandoffID, below string) string {
	return "/apps/new/" + url.PathEscape(string(id)) + below
}

// begin gives the browser the key of a new hand-off.
func (p pages) begin(w http.ResponseWriter, v *page.Visit) portico.HandoffID {
	id, key := p.Handoffs.Begin()
	setKey(w, v, id, key, formLife)
	v.NoStore() // a copy of the form would be a form that was sent
	return id
}

func setKey(w http.ResponseWriter, v *page.Visit, id portico.HandoffID, key secret.Text, life time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: handoffCookie, Value: key.Reveal(), Path: handoffPath(id, ""), MaxAge: int(life.Seconds()),
		HttpOnly: true, Secure: v.Secure(), SameSite: http.SameSiteStrictMode,
	})
}

func keyOf(v *page.Visit) secret.Text { return httpkit.Cookie(v.Request, handoffCookie) }

// handoffView is the page that shows new credentials.
type handoffView struct {
	Handoff  control.Handoff
	App      app
	Form     *page.Form
	Call     call
	TokenURL string
	Now      time.Time
}

// Delivery is what the page shows.
func (h handoffView) Delivery() control.Delivery { return *h.Handoff.Delivery }

// secretShown is the handling of pages that hold a secret: no copy of them is
// kept anywhere, and no other site learns their address.
func secretShown(w http.ResponseWriter, v *page.Visit) {
	v.NoStore()
	w.Header().Set("Referrer-Policy", "no-referrer")
}

func (p pages) show(w http.ResponseWriter, v *page.Visit) error {
	return p.showCredentials(w, v, http.StatusOK, v.EmptyForm(nil))
}

func (p pages) showCredentials(w http.ResponseWriter, v *page.Visit, status int, f *page.Form) error {
	secretShown(w, v)
	view, err := p.open(v)
	switch {
	case err != nil && portico.KindOf(err) == portico.KindGone:
		return v.RenderBare(w, http.StatusGone, v.T("apps.over_title"), overPage(), page.NotIndexed)
	case err != nil:
		return err
	case view.Handoff.Delivery == nil:
		return v.RenderBare(w, http.StatusOK, v.T("apps.waiting_title"), waitingPage(view.Handoff), page.NotIndexed)
	case view.Delivery().Value.Empty():
		return p.finish(w, v, view) // there is nothing to show
	case v.URL.Query().Has("wait"): // the script that waited leads here
		return v.Redirect(handoffPath(view.Handoff.ID, "/credentials"))
	}
	view.Form = f
	return v.RenderBare(w, status, v.T("apps.ready_title"), credentialsPage(view), page.NotIndexed)
}

// open finds the hand-off of a page, and what belongs to it.
func (p pages) open(v *page.Visit) (handoffView, error) {
	view := handoffView{Now: p.Now()}
	var err error
	view.Handoff, err = p.Handoffs.Open(v.Context(), *v.Developer, portico.HandoffID(v.PathValue("handoff")), keyOf(v))
	if err != nil || view.Handoff.Delivery == nil {
		return view, err
	}
	owned, err := p.Applications.Usable(v.Context(), *v.Developer, view.Delivery().ApplicationID)
	if err != nil {
		return view, err
	}
	if view.App, err = p.complete(v, owned); err != nil {
		return view, err
	}
	if view.Call, err = p.firstCall(v, view.App); err != nil {
		return view, err
	}
	view.TokenURL = p.tokenURL(v, view.App)
	return view, nil
}

func (p pages) extend(w http.ResponseWriter, v *page.Visit) error {
	secretShown(w, v)
	id, key := portico.HandoffID(v.PathValue("handoff")), keyOf(v)
	if err := p.Handoffs.Extend(v.Context(), *v.Developer, id, key); err != nil && portico.KindOf(err) != portico.KindGone {
		return err
	}
	return v.Redirect(handoffPath(id, "/credentials"))
}

func (p pages) proceed(w http.ResponseWriter, v *page.Visit) error {
	secretShown(w, v)
	f, err := v.Form()
	if err != nil {
		return err
	}
	if !f.Has("stored", "on") {
		f.Reject("stored", "apps.confirm_stored")
		return p.showCredentials(w, v, http.StatusUnprocessableEntity, f)
	}
	view, err := p.open(v)
	if portico.KindOf(err) == portico.KindGone && err != nil {
		return v.Redirect("/apps") // confirmed before
	}
	if err != nil {
		return err
	}
	return p.finish(w, v, view)
}

// finish takes the credentials away and leads to the application.
func (p pages) finish(w http.ResponseWriter, v *page.Visit, view handoffView) error {
	if err := p.Handoffs.End(v.Context(), *v.Developer, view.Handoff.ID); err != nil {
		return err
	}
	setKey(w, v, view.Handoff.ID, secret.Text{}, -time.Second)
	if view.Handoff.Delivery == nil {
		return v.Redirect("/apps")
	}
	if view.Delivery().First {
		return v.Redirect(view.App.Path(""))
	}
	return v.Redirect(view.App.Path("/credentials"))
}

// pair is a line of a download.
type pair struct{ name, value string }

// pairs are what a program needs to use the credentials.
func (h handoffView) pairs() []pair {
	d := h.Delivery()
	if d.Type == control.APIKey {
		return []pair{{"API_KEY", d.Value.Reveal()}, {"API_KEY_HEADER", h.App.keyName()}, {"API_BASE_URL", h.Call.Base}}
	}
	return []pair{
		{"CLIENT_ID", d.ClientID}, {"CLIENT_SECRET", d.Value.Reveal()}, {"TOKEN_URL", h.TokenURL}, {"ISSUER", h.App.Strategy.OIDC.Issuer},
		{"SCOPES", strings.Join(h.App.scopes(), " ")}, {"API_BASE_URL", h.Call.Base},
	}
}

// plain is what a shell reads as it is.
var plain = regexp.MustCompile(`^[A-Za-z0-9_./:@%+=,-]*$`)

func quoted(value string) string {
	if plain.MatchString(value) {
		return value
	}
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}

func (p pages) downloadEnv(w http.ResponseWriter, v *page.Visit) error {
	return p.download(w, v, ".env", "text/plain; charset=utf-8", func(pairs []pair) ([]byte, error) {
		var out strings.Builder
		for _, line := range pairs {
			fmt.Fprintf(&out, "%s=%s\n", line.name, quoted(line.value))
		}
		return []byte(out.String()), nil
	})
}

func (p pages) downloadJSON(w http.ResponseWriter, v *page.Visit) error {
	return p.download(w, v, "credentials.json", "application/json", func(pairs []pair) ([]byte, error) {
		object := map[string]string{}
		for _, line := range pairs {
			object[strings.ToLower(line.name)] = line.value
		}
		out, err := json.MarshalIndent(object, "", "  ")
		return append(out, '\n'), err
	})
}

// download answers with the credentials as a file, under the page's own guard.
func (p pages) download(w http.ResponseWriter, v *page.Visit, name, kind string, write func([]pair) ([]byte, error)) error {
	secretShown(w, v)
	view, err := p.open(v)
	if err != nil {
		return err
	}
	if view.Handoff.Delivery == nil {
		return v.Redirect(handoffPath(view.Handoff.ID, "/credentials"))
	}
	out, err := write(view.pairs())
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	_, _ = w.Write(out) // fails only when the visitor has left
	return nil
}

// issue makes a further credential of an application, or a new one in the place
// of its only one.
func (p pages) issue(w http.ResponseWriter, v *page.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	owned, err := p.Applications.Usable(v.Context(), *v.Developer, portico.ApplicationID(f.Value("app")))
	if err != nil {
		return err
	}
	a, err := p.complete(v, owned)
	if err != nil {
		return err
	}
	replace := f.Choice("kind", kindNew, kindRegenerate) == kindRegenerate
	name := ""
	if a.Type() == portico.CredentialKeyAuth {
		name = f.Text("name", true, most)
	}
	if replace && f.Text("confirm", true, most) != wordRegenerate && f.OK() {
		f.Reject("confirm", "apps.type_word", "Word", wordRegenerate)
	}
	id := portico.HandoffID(v.PathValue("handoff"))
	if f.OK() {
		_, err = p.Handoffs.Deliver(v.Context(), *v.Developer, id, keyOf(v), func(ctx context.Context) (control.Delivery, error) {
			return p.newCredential(ctx, a, name, replace)
		})
		if err == nil {
			return v.Redirect(handoffPath(id, "/credentials"))
		}
		if portico.KindOf(err) == portico.KindUnavailable {
			f.Reject("", "apps.idp_down", "Strategy", a.Strategy.DisplayName, "Reference", problem.RequestID(v.Context()))
		} else if err := f.Refused(err, map[string]string{"display_name": "name"}); err != nil {
			return err
		}
	}
	if keyOf(v).Empty() {
		id = p.begin(w, v)
	}
	return p.askCredential(w, v, statusOfForm(err), issueView{App: a, Form: f, Handoff: id, Replace: replace})
}

func (p pages) newCredential(ctx context.Context, a app, name string, replace bool) (control.Delivery, error) {
	d := control.Delivery{ApplicationID: a.ID, Type: control.ClientSecret, Replaced: replace}
	if replace {
		var err error
		d.ClientID, d.Value, err = p.Credentials.Regenerate(ctx, a.ID)
		return d, err
	}
	issued, err := p.Credentials.Create(ctx, a.ID, name)
	d.Type, d.ClientID, d.Value = issued.Type, issued.ClientID, issued.Value
	return d, err
}
