package admins

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"portico"
	"portico/webui/design"
	"portico/webui/desk"
	"portico/webui/i18n"
)

// tokenRoutes: the access tokens of system accounts.
func (p pages) tokenRoutes() []desk.Route {
	const one = accountsPath + "/{accountId}/tokens"
	return []desk.Route{
		desk.On("GET "+one+"/new", p.newToken, edits()),
		desk.On("POST "+one+"/new", p.createToken, edits()).As("post-system-accounts-id-access-tokens"),
		desk.On("GET "+one+"/{tokenId}/revoke", p.askToRevoke, edits()),
		desk.On("POST "+one+"/{tokenId}/revoke", p.revokeToken, edits()).As("delete-system-accounts-id-access-tokens-id"),
	}
}

// lives are how long a new token can work, in days; usualLife is chosen at first.
func lives() []string { return []string{"30", "90", "180", usualLife} }

const usualLife = "365"

// tokenView is the form of a new token.
type tokenView struct {
	sheet
	Lives []design.Option
}

func (p pages) newToken(w http.ResponseWriter, v *desk.Visit) error {
	return p.showNewToken(w, v, http.StatusOK, v.EmptyForm(url.Values{"life": {usualLife}}), nil)
}

func (p pages) showNewToken(w http.ResponseWriter, v *desk.Visit, status int, f *desk.Form, call templ.Component) error {
	h, err := p.accountKind().in(v)
	if err != nil {
		return err
	}
	view := tokenView{sheet: sheet{
		Title: v.T("admins.new_token"), Lead: v.T("admins.new_token_lead", "Name", h.Name), Crumb: crumbs(v, accountsPath, "admins.accounts", design.Crumb{Href: h.Path, Label: h.Name}, design.Crumb{Label: v.T("admins.new_token")}),
		Form: f, Action: h.Path + "/tokens/new", Cancel: h.Path, Submit: v.T("admins.create_token"), Call: call,
	}}
	for _, life := range lives() {
		days, err := strconv.Atoi(life)
		if err != nil {
			return err
		}
		view.Lives = append(view.Lives, design.Option{Value: life, Label: i18n.N(v.Context(), "admins.n_days", days), Selected: life == f.Value("life")})
	}
	return v.Render(w, status, view.Title, newTokenPage(view))
}

func (p pages) createToken(w http.ResponseWriter, v *desk.Visit) error {
	h, err := p.accountKind().in(v)
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	name := f.Text("name", true, maxText)
	days, _ := strconv.Atoi(f.Choice("life", lives()...)) // what is no number is rejected by Choice
	expires := p.Now().AddDate(0, 0, days)
	return submit(w, v, p.showNewToken, desk.Task{
		Form:  f,
		Calls: []desk.Call{{Method: http.MethodPost, Path: h.API + "/access-tokens", Body: body{"name": name, "expires_at": expires.UTC().Format(time.RFC3339)}}},
		Do: func() (desk.Answer, error) {
			made, err := p.Admins.SystemAccounts.CreateToken(v.Context(), portico.SystemAccountID(h.ID), name, expires)
			return func() error {
				return showOnce(w, v, shown{
					Title: v.T("admins.token_title"), Lead: v.T("admins.token_lead"), Label: made.Name, Value: made.Value.Reveal(),
					Hint: v.T("admins.token_until", "Date", i18n.Date(v.Context(), made.ExpiresAt)), Warn: v.T("admins.token_warn"),
					Example: "curl " + p.URL + "/v3/apis \\\n  -H \"Authorization: Bearer $PORTICO_TOKEN\"", Next: h.Path, Kept: v.T("admins.token_kept"),
				})
			}, err
		},
	})
}

// tokenIn finds the system account and the token in the path. KindNotFound.
func (p pages) tokenIn(v *desk.Visit) (holder, portico.SystemAccountToken, error) {
	h, err := p.accountKind().in(v)
	if err != nil {
		return h, portico.SystemAccountToken{}, err
	}
	t, err := p.Admins.SystemAccounts.Token(v.Context(), portico.SystemAccountID(h.ID), portico.SystemAccountTokenID(v.PathValue("tokenId")))
	return h, t, err
}

func (p pages) askToRevoke(w http.ResponseWriter, v *desk.Visit) error {
	return p.showRevoke(w, v, http.StatusOK, v.EmptyForm(nil), nil)
}

func (p pages) showRevoke(w http.ResponseWriter, v *desk.Visit, status int, f *desk.Form, call templ.Component) error {
	h, t, err := p.tokenIn(v)
	if err != nil {
		return err
	}
	s := sheet{
		Title: v.T("admins.revoke_token", "Name", t.Name), Crumb: crumbs(v, accountsPath, "admins.accounts", design.Crumb{Href: h.Path, Label: h.Name}, design.Crumb{Label: v.T("admins.revoke")}),
		Form: f, Action: h.Path + "/tokens/" + string(t.ID) + "/revoke", Cancel: h.Path, Submit: v.T("admins.revoke"), Danger: true, Call: call,
	}
	return v.Render(w, status, s.Title, confirmPage(s, v.T("admins.revoke_token_text")))
}

func (p pages) revokeToken(w http.ResponseWriter, v *desk.Visit) error {
	h, t, err := p.tokenIn(v)
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	return submit(w, v, p.showRevoke, desk.Task{
		Form:  f,
		Calls: []desk.Call{{Method: http.MethodDelete, Path: h.API + "/access-tokens/" + string(t.ID)}},
		Do: func() (desk.Answer, error) {
			return v.To(h.Path, "admins.token_revoked"), p.Admins.SystemAccounts.DeleteToken(v.Context(), portico.SystemAccountID(h.ID), t.ID)
		},
	})
}
