package settings

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"portico"
	"portico/access"
	"portico/admins"
	"portico/webui/design"
	"portico/webui/desk"
	"portico/webui/i18n"
)

func (p pages) tokenRoutes() []desk.Route {
	return []desk.Route{
		desk.On("GET /account/tokens", p.tokens, access.Own()),
		desk.On("GET /account/tokens/new", p.newToken, access.Own()),
		desk.On("POST /account/tokens/new", p.createToken, access.Own()).As("create-personal-access-token"),
		desk.On("GET /account/tokens/{tokenId}/revoke", p.askToRevoke, access.Own()),
		desk.On("POST /account/tokens/{tokenId}/revoke", p.revokeToken, access.Own()).As("revoke-personal-access-token"),
		desk.On("POST /account/tokens/{tokenId}/delete", p.deleteToken, access.Own()).As("delete-personal-access-token"),
	}
}

// maxTokenName is the most characters of a token's name (contract).
const maxTokenName = 256

// lives are how long a new token can work, in days.
func lives() []int { return []int{7, 30, 90, 365} }

// usualLife is the life that is chosen at first.
const usualLife = 90

func lifeOptions(v *desk.Visit, chosen string) []design.Option {
	var out []design.Option
	for _, days := range lives() {
		value := strconv.Itoa(days)
		out = append(out, design.Option{Value: value, Label: i18n.N(v.Context(), "settings.n_days", days), Selected: value == chosen})
	}
	return out
}

// readLife reads how long a new token works.
func readLife(f *desk.Form) time.Duration {
	var choices []string
	for _, days := range lives() {
		choices = append(choices, strconv.Itoa(days))
	}
	days, _ := strconv.Atoi(f.Choice("life", choices...)) // what is no number is rejected by Choice
	return time.Duration(days) * 24 * time.Hour
}

// tokensView is the list of the admin's own tokens: ten at most, so on one page.
type tokensView struct {
	account
	Items []portico.AccessToken
	Now   time.Time
}

// tokenColumns are those of a list of tokens.
func tokenColumns(ctx context.Context, state bool) []design.Column {
	columns := []design.Column{{Label: i18n.T(ctx, "settings.token_name")}}
	if state {
		columns = append(columns, design.Column{Label: i18n.T(ctx, "settings.state")})
	}
	return append(columns, design.Column{Label: i18n.T(ctx, "settings.created")}, design.Column{Label: i18n.T(ctx, "settings.expires")},
		design.Column{Label: i18n.T(ctx, "settings.last_used")}, design.Column{Label: i18n.T(ctx, "account.session_actions"), Hidden: true})
}

func (p pages) tokens(w http.ResponseWriter, v *desk.Visit) error {
	found, err := p.Accounts.Tokens(v.Context(), v.Principal.User.ID, portico.Everything())
	if err != nil {
		return err
	}
	return v.Render(w, http.StatusOK, v.T("settings.tab_tokens"), tokensPage(tokensView{accountOf(v, tokensPath), found.Items, p.Now()}))
}

// tokenForm is the form of a new token, the admin's own or a system account's.
type tokenForm struct {
	Form  *desk.Form
	Crumb []design.Crumb
	Path  string // where it is sent, and Back leads away
	Back  string
	Lives []design.Option
	Call  templ.Component
}

func (p pages) newToken(w http.ResponseWriter, v *desk.Visit) error {
	return p.showNewToken(w, v, http.StatusOK, v.EmptyForm(url.Values{"life": {strconv.Itoa(usualLife)}}), nil)
}

func (p pages) showNewToken(w http.ResponseWriter, v *desk.Visit, status int, f *desk.Form, call templ.Component) error {
	return v.Render(w, status, v.T("settings.new_token"), newTokenPage(tokenForm{
		Form: f, Path: tokensPath + "/new", Back: tokensPath, Lives: lifeOptions(v, f.Value("life")), Call: call,
		Crumb: []design.Crumb{{Href: accountPath, Label: v.T("settings.account_title")}, {Href: tokensPath, Label: v.T("settings.tab_tokens")}, {Label: v.T("settings.new_token")}},
	}))
}

func (p pages) createToken(w http.ResponseWriter, v *desk.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	name, life := f.Text("name", true, maxTokenName), readLife(f)
	if !admins.TokenName().MatchString(name) && f.OK() {
		f.Reject("name", "settings.bad_token_name")
	}
	return v.Submit(desk.Task{
		Form: f,
		Calls: []desk.Call{{
			Method: http.MethodPost, Path: "/v3/users/" + string(v.Principal.User.ID) + "/access-tokens", Body: map[string]any{"name": name, "ttl_seconds": int(life.Seconds())},
		}},
		Do: func() (desk.Answer, error) {
			made, err := p.Accounts.CreateToken(v.Context(), v.Principal.User.ID, name, p.Now().Add(life))
			return func() error {
				return p.showToken(w, v, shownToken{made.Value.Reveal(), made.Name, made.ExpiresAt, p.URL, tokensPath})
			}, err
		},
		Show: func(status int, call templ.Component) error { return p.showNewToken(w, v, status, f, call) },
	})
}

// shownToken is a new token, shown once.
type shownToken struct {
	Value   string
	Name    string
	Expires time.Time
	URL     string // of the management API
	Next    string // where to go on
}

func (p pages) showToken(w http.ResponseWriter, v *desk.Visit, t shownToken) error {
	secretShown(w, v)
	return v.RenderBare(w, http.StatusOK, v.T("settings.token_title"), shownTokenPage(t))
}

// revocation asks about the token in the path.
func (p pages) revocation(v *desk.Visit) (question, error) {
	t, err := p.Accounts.Token(v.Context(), v.Principal.User.ID, portico.AccessTokenID(v.PathValue("tokenId")))
	return question{
		Title: v.T("settings.revoke_token"), Text: v.T("settings.revoke_token_text", "Name", t.Name), Button: v.T("settings.revoke"),
		Path: v.URL.Path, Back: tokensPath,
		Crumb: []design.Crumb{{Href: accountPath, Label: v.T("settings.account_title")}, {Href: tokensPath, Label: v.T("settings.tab_tokens")}, {Label: t.Name}},
	}, err
}

func (p pages) askToRevoke(w http.ResponseWriter, v *desk.Visit) error {
	q, err := p.revocation(v)
	if err != nil {
		return err
	}
	return p.ask(w, v, http.StatusOK, q)
}

func (p pages) revokeToken(w http.ResponseWriter, v *desk.Visit) error {
	q, err := p.revocation(v)
	if err != nil {
		return err
	}
	user, id := v.Principal.User.ID, portico.AccessTokenID(v.PathValue("tokenId"))
	call := desk.Call{Method: "PATCH", Path: "/v3/users/" + string(user) + "/access-tokens/" + string(id) + "/revoke"}
	return p.answer(w, v, q, call, func() (desk.Answer, error) {
		_, err := p.Accounts.RevokeToken(v.Context(), user, id)
		return v.To(tokensPath, "settings.token_revoked"), err
	})
}

// deleteToken takes a token that opens nothing any more off the list.
func (p pages) deleteToken(w http.ResponseWriter, v *desk.Visit) error {
	user, id := v.Principal.User.ID, portico.AccessTokenID(v.PathValue("tokenId"))
	if v.WantsCall() {
		return v.ShowCall(w, tokensPath, desk.Call{Method: http.MethodDelete, Path: "/v3/users/" + string(user) + "/access-tokens/" + string(id)})
	}
	err := p.Accounts.DeleteToken(v.Context(), user, id)
	if err != nil && portico.KindOf(err) != portico.KindNotFound { // it is gone already
		return err
	}
	v.Flash("settings.token_deleted")
	return v.Redirect(tokensPath)
}
