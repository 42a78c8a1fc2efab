package apps

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"portico"
	"portico/control"
	"portico/webui/page"
)

// The kinds of request for a credential, and the words to type for what cannot
// be undone.
const (
	kindNew        = "new"
	kindRegenerate = "regenerate"

	wordRegenerate = "regenerate"
	wordRevoke     = "revoke"
)

// credential is a line of the Credentials tab.
type credential struct {
	control.Credential
	Last *time.Time // nil: never, or not told apart
	Told bool       // the gateway tells it apart from the others
}

// seen is a client secret as the gateway tells it apart.
type seen struct {
	Fingerprint string
	At          time.Time
}

// credentialsView is the Credentials tab.
type credentialsView struct {
	App   app
	Items []credential
	Most  int    // that the application may hold; 0: not known now
	Fault string // why the list is not there
	Seen  []seen // latest first
	Now   time.Time
}

// quiet is how long an old secret must have been unused to be called safe to
// revoke.
const quiet = 24 * time.Hour

// safe says that nobody misses a credential: another one is in use, and this
// one has not been for a while.
func (c credentialsView) safe(item credential) bool {
	long := item.Told && item.CreatedAt != nil && c.Now.Sub(*item.CreatedAt) > quiet && (item.Last == nil || c.Now.Sub(*item.Last) > quiet)
	return long && slices.ContainsFunc(c.Items, func(other credential) bool {
		return other.ID != item.ID && other.Last != nil && c.Now.Sub(*other.Last) <= quiet
	})
}

// canAdd says whether one more credential may be made.
func (c credentialsView) canAdd() bool { return c.Fault == "" && len(c.Items) < c.Most }

// byClient says that each secret has a client id of its own.
func (c credentialsView) byClient() bool {
	return slices.ContainsFunc(c.Items, func(item credential) bool { return item.ID == item.ClientID })
}

func (p pages) credentials(w http.ResponseWriter, v *page.Visit, a app) error {
	view, err := p.credentialsView(v, a)
	if err != nil {
		return err
	}
	return v.Render(w, http.StatusOK, a.Name, credentialsTab(view))
}

func (p pages) credentialsView(v *page.Visit, a app) (credentialsView, error) {
	view := credentialsView{App: a, Now: p.Now()}
	if a.Type() == portico.CredentialSelfManaged {
		return view, nil
	}
	held, err := p.Credentials.List(v.Context(), a.ID, portico.Everything())
	switch kind := portico.KindOf(err); {
	case err == nil:
	case kind == portico.KindUnavailable:
		p.Logger.WarnContext(v.Context(), "credentials not listed", "application", a.ID, "err", err)
		view.Fault = v.T("apps.list_down", "Strategy", a.Strategy.DisplayName)
	default:
		f := v.EmptyForm(nil)
		if err := f.Refused(err, nil); err != nil {
			return view, err
		}
		view.Fault = f.Fault("")
	}
	if view.Fault == "" {
		if view.Most, err = p.Credentials.Most(a.ApplicationView); err != nil {
			return view, err
		}
	}
	uses, err := p.Analytics.LastUses(v.Context(), a.ID)
	if err != nil {
		return view, err
	}
	for _, c := range held.Items {
		at, told := uses[a.ID].ByCredential[c.ID]
		line := credential{Credential: c, Told: told || a.Type() == portico.CredentialKeyAuth}
		if !at.IsZero() {
			line.Last = &at
		}
		view.Items = append(view.Items, line)
	}
	for id, at := range uses[a.ID].ByCredential {
		for _, ref := range a.Clients() {
			if fingerprint, told := strings.CutPrefix(id, ref.ClientID+"#"); told {
				view.Seen = append(view.Seen, seen{fingerprint, at})
			}
		}
	}
	slices.SortFunc(view.Seen, func(a, b seen) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Fingerprint, b.Fingerprint)) })
	return view, nil
}

// issueView asks for a new credential, or for one in the place of the old one.
type issueView struct {
	App     app
	Form    *page.Form
	Handoff portico.HandoffID
	Replace bool
}

func (i issueView) kind() string {
	if i.Replace {
		return kindRegenerate
	}
	return kindNew
}

func (p pages) newCredentialForm(w http.ResponseWriter, v *page.Visit, a app) error {
	return p.askCredential(w, v, http.StatusOK, issueView{App: a, Form: v.EmptyForm(nil), Handoff: p.begin(w, v)})
}

func (p pages) regenerateForm(w http.ResponseWriter, v *page.Visit, a app) error {
	return p.askCredential(w, v, http.StatusOK, issueView{App: a, Form: v.EmptyForm(nil), Handoff: p.begin(w, v), Replace: true})
}

func (p pages) askCredential(w http.ResponseWriter, v *page.Visit, status int, view issueView) error {
	title := "apps.new_credential"
	if view.Replace {
		title = "apps.regenerate"
	}
	return v.Render(w, status, v.T(title), issuePage(view))
}

// credentialView is a page about one credential.
type credentialView struct {
	App        app
	Credential control.Credential
	Form       *page.Form
}

// one finds the credential that a page is about.
func (p pages) one(v *page.Visit, a app) (credentialView, error) {
	held, err := p.Credentials.List(v.Context(), a.ID, portico.Everything())
	if err != nil {
		return credentialView{}, err
	}
	at := slices.IndexFunc(held.Items, func(c control.Credential) bool { return c.ID == v.PathValue("credential") })
	if at < 0 {
		return credentialView{}, portico.Errorf(portico.KindNotFound, "The application has no such credential. It may have been revoked already.").Named("no_credential")
	}
	return credentialView{a, held.Items[at], v.EmptyForm(map[string][]string{"name": {held.Items[at].DisplayName}})}, nil
}

func (p pages) renameForm(w http.ResponseWriter, v *page.Visit, a app) error {
	view, err := p.one(v, a)
	if err != nil {
		return err
	}
	return v.Render(w, http.StatusOK, v.T("apps.rename_title"), renamePage(view))
}

func (p pages) rename(w http.ResponseWriter, v *page.Visit, a app) error {
	view, err := p.one(v, a)
	if err != nil {
		return err
	}
	if view.Form, err = v.Form(); err != nil {
		return err
	}
	name := view.Form.Text("name", true, most)
	if view.Form.OK() {
		if _, err = p.Credentials.Rename(v.Context(), a.ID, view.Credential.ID, name); err == nil {
			v.Flash("apps.renamed")
			return v.Redirect(a.Path("/credentials"))
		}
		if err := view.Form.Refused(err, map[string]string{"display_name": "name"}); err != nil {
			return err
		}
	}
	return v.Render(w, statusOfForm(err), v.T("apps.rename_title"), renamePage(view))
}

func (p pages) revokeForm(w http.ResponseWriter, v *page.Visit, a app) error {
	view, err := p.one(v, a)
	if err != nil {
		return err
	}
	return v.Render(w, http.StatusOK, v.T("apps.revoke_title"), revokePage(view))
}

func (p pages) revoke(w http.ResponseWriter, v *page.Visit, a app) error {
	view, err := p.one(v, a)
	if err != nil {
		return err
	}
	if view.Form, err = v.Form(); err != nil {
		return err
	}
	if word := view.Form.Text("confirm", true, most); word != wordRevoke && view.Form.OK() {
		view.Form.Reject("confirm", "apps.type_word", "Word", wordRevoke)
	}
	if view.Form.OK() {
		if err = p.Credentials.Delete(v.Context(), a.ID, view.Credential.ID); err == nil {
			v.Flash("apps.revoked")
			return v.Redirect(a.Path("/credentials"))
		}
		if portico.KindOf(err) == portico.KindUnavailable {
			p.Logger.WarnContext(v.Context(), "credential not revoked yet", "application", a.ID, "err", err)
			view.Form.Reject("", "apps.revoke_later", "Strategy", a.Strategy.DisplayName)
		} else if err := view.Form.Refused(err, nil); err != nil {
			return err
		}
	}
	return v.Render(w, statusOfForm(err), v.T("apps.revoke_title"), revokePage(view))
}
