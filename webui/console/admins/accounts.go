package admins

import (
	"net/http"
	"net/url"
	"time"

	"github.com/a-h/templ"

	"portico"
	"portico/admins"
	"portico/webui/design"
	"portico/webui/desk"
)

func (p pages) accountRoutes() []desk.Route {
	return []desk.Route{
		desk.On("GET "+accountsPath, p.accounts, views()),
		desk.On("GET "+accountsPath+"/new", p.newAccount, creates()),
		desk.On("POST "+accountsPath+"/new", p.createAccount, creates()).As("post-system-accounts"),
		desk.On("GET "+accountsPath+"/{accountId}", p.account, views()),
		desk.On("POST "+accountsPath+"/{accountId}", p.saveAccount, edits()).As("patch-system-accounts-id"),
		desk.On("GET "+accountsPath+"/{accountId}/delete", p.askToDeleteAccount, deletes()),
		desk.On("POST "+accountsPath+"/{accountId}/delete", p.deleteAccount, deletes()).As("delete-system-accounts-id"),
	}
}

func accountPath(id portico.SystemAccountID) string { return accountsPath + "/" + string(id) }

// accountsView is the list of system accounts.
type accountsView struct {
	desk.List
	Tabs    []design.Tab
	Items   []accountLine
	Total   int
	Now     time.Time
	MayEdit bool
}

// accountLine is a system account with its tokens that work.
type accountLine struct {
	portico.SystemAccount
	Tokens   int
	LastUsed *time.Time // nil: none was
}

func (p pages) accounts(w http.ResponseWriter, v *desk.Visit) error {
	view := accountsView{List: v.List("name", "created_at"), Tabs: desk.SettingsTabs(v, accountsPath), Now: p.Now(), MayEdit: mayEdit(v)}
	found, err := p.Admins.SystemAccounts.List(v.Context(), view.Query(view.Contains("q", "name")))
	if err != nil {
		return err
	}
	view.Total = found.Total
	for _, a := range found.Items {
		tokens, err := p.Admins.SystemAccounts.Tokens(v.Context(), a.ID, portico.Everything())
		if err != nil {
			return err
		}
		line := accountLine{SystemAccount: a}
		for _, t := range tokens.Items {
			if view.Now.Before(t.ExpiresAt) {
				line.Tokens++
			}
			if t.LastUsedAt != nil && (line.LastUsed == nil || line.LastUsed.Before(*t.LastUsedAt)) {
				line.LastUsed = t.LastUsedAt
			}
		}
		view.Items = append(view.Items, line)
	}
	return v.Render(w, http.StatusOK, v.T("admins.accounts"), accountsPage(view))
}

func (p pages) newAccount(w http.ResponseWriter, v *desk.Visit) error {
	return p.showNewAccount(w, v, http.StatusOK, v.EmptyForm(nil), nil)
}

func (p pages) showNewAccount(w http.ResponseWriter, v *desk.Visit, status int, f *desk.Form, call templ.Component) error {
	s := sheet{
		Title: v.T("admins.new_account"), Lead: v.T("admins.accounts_lead"), Crumb: crumbs(v, accountsPath, "admins.accounts", design.Crumb{Label: v.T("admins.new_account")}),
		Form: f, Action: accountsPath + "/new", Cancel: accountsPath, Submit: v.T("admins.create"), Call: call,
	}
	return v.Render(w, status, s.Title, newAccountPage(s))
}

func (p pages) createAccount(w http.ResponseWriter, v *desk.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	in := admins.NewSystemAccount{Name: f.Text("name", true, maxText), Description: f.Text("description", false, maxText)}
	return submit(w, v, p.showNewAccount, desk.Task{
		Form:  f,
		Calls: []desk.Call{{Method: http.MethodPost, Path: "/v3/system-accounts", Body: body{"name": in.Name, "description": in.Description}}},
		Do: func() (desk.Answer, error) {
			made, err := p.Admins.SystemAccounts.Create(v.Context(), in)
			return v.To(accountPath(made.ID), "admins.account_created"), err
		},
	})
}

// accountView is a system account with its tokens, teams and roles.
type accountView struct {
	portico.SystemAccount
	Crumb   []design.Crumb
	Form    *desk.Form
	Call    templ.Component
	Tokens  []portico.SystemAccountToken
	Teams   memberships
	Roles   assignedRoles
	Now     time.Time
	MayEdit bool
}

func (p pages) account(w http.ResponseWriter, v *desk.Visit) error {
	return p.showAccount(w, v, http.StatusOK, nil, nil)
}

// showAccount renders the page of the system account in the path.
func (p pages) showAccount(w http.ResponseWriter, v *desk.Visit, status int, f *desk.Form, call templ.Component) error {
	id := portico.SystemAccountID(v.PathValue("accountId"))
	account, err := p.Admins.SystemAccounts.ByID(v.Context(), id)
	if err != nil {
		return err
	}
	view := accountView{
		SystemAccount: account, Call: call, Now: p.Now(), MayEdit: mayEdit(v), Crumb: crumbs(v, accountsPath, "admins.accounts", design.Crumb{Label: account.Name}),
		Form: fill(v, f, url.Values{"name": {account.Name}, "description": {account.Description}}),
	}
	tokens, err := p.Admins.SystemAccounts.Tokens(v.Context(), id, byName())
	if err != nil {
		return err
	}
	view.Tokens = tokens.Items
	if view.Teams, err = p.memberships(v, admins.OfSystemAccount(id), view.Form); err != nil {
		return err
	}
	if view.Roles, err = p.assignedRoles(v, admins.OfSystemAccount(id)); err != nil {
		return err
	}
	return v.Render(w, status, account.Name, accountPage(view))
}

func (p pages) saveAccount(w http.ResponseWriter, v *desk.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	id := portico.SystemAccountID(v.PathValue("accountId"))
	name, description := f.Text("name", true, maxText), f.Text("description", false, maxText)
	return submit(w, v, p.showAccount, desk.Task{
		Form:  f,
		Calls: []desk.Call{{Method: http.MethodPatch, Path: "/v3/system-accounts/" + string(id), Body: body{"name": name, "description": description}}},
		Do: func() (desk.Answer, error) {
			_, err := p.Admins.SystemAccounts.Change(v.Context(), id, admins.SystemAccountChange{Name: portico.Some(name), Description: portico.Some(description)})
			return v.To(accountPath(id), "admins.saved"), err
		},
	})
}

func (p pages) askToDeleteAccount(w http.ResponseWriter, v *desk.Visit) error {
	return p.showDeleteAccount(w, v, http.StatusOK, v.EmptyForm(nil), nil)
}

func (p pages) showDeleteAccount(w http.ResponseWriter, v *desk.Visit, status int, f *desk.Form, call templ.Component) error {
	account, err := p.Admins.SystemAccounts.ByID(v.Context(), portico.SystemAccountID(v.PathValue("accountId")))
	if err != nil {
		return err
	}
	s := sheet{
		Title: v.T("admins.delete_account", "Name", account.Name), Crumb: crumbs(v, accountsPath, "admins.accounts", design.Crumb{Href: accountPath(account.ID), Label: account.Name}, design.Crumb{Label: v.T("admins.delete")}),
		Form: f, Action: accountPath(account.ID) + "/delete", Cancel: accountPath(account.ID), Submit: v.T("admins.delete"), Danger: true, Call: call,
	}
	return v.Render(w, status, s.Title, confirmPage(s, v.T("admins.delete_account_text")))
}

func (p pages) deleteAccount(w http.ResponseWriter, v *desk.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	id := portico.SystemAccountID(v.PathValue("accountId"))
	return submit(w, v, p.showDeleteAccount, desk.Task{
		Form:  f,
		Calls: []desk.Call{{Method: http.MethodDelete, Path: "/v3/system-accounts/" + string(id)}},
		Do: func() (desk.Answer, error) {
			return v.To(accountsPath, "admins.deleted"), p.Admins.SystemAccounts.Delete(v.Context(), id)
		},
	})
}
