package identityapi

import (
	"net/http"
	"time"

	"portico"
	"portico/admins"
	"portico/httpkit"
	"portico/listing"
	"portico/mgmtapi/route"
	"portico/usecase"
)

// systemAccountRoutes: the machines that use this API.
func (s server) systemAccountRoutes() []route.Route {
	const accounts = "/v3/system-accounts"
	return []route.Route{
		route.On("POST", accounts, "post-system-accounts", s.createSystemAccount, creates()),
		route.On("GET", accounts, "get-system-accounts", s.listSystemAccounts, views()),
		route.On("GET", accounts+"/{accountId}", "get-system-accounts-id", s.systemAccount, views()),
		route.On("PATCH", accounts+"/{accountId}", "patch-system-accounts-id", s.updateSystemAccount, edits()),
		route.On("DELETE", accounts+"/{accountId}", "delete-system-accounts-id", s.deleteSystemAccount, deletes()),
		route.On("GET", accounts+"/{accountId}/teams", "get-system-accounts-accountId-teams", s.teamsOfSystemAccount, views()),
	}
}

// machineTokenRoutes: their access tokens.
func (s server) machineTokenRoutes() []route.Route {
	const tokens = "/v3/system-accounts/{accountId}/access-tokens"
	return []route.Route{
		route.On("POST", tokens, "post-system-accounts-id-access-tokens", s.createMachineToken, edits()),
		route.On("GET", tokens, "get-system-account-id-access-tokens", s.listMachineTokens, views()),
		route.On("GET", tokens+"/{tokenId}", "get-system-accounts-id-access-tokens-id", s.machineToken, views()),
		route.On("PATCH", tokens+"/{tokenId}", "patch-system-accounts-id-access-tokens-id", s.renameMachineToken, edits()),
		route.On("DELETE", tokens+"/{tokenId}", "delete-system-accounts-id-access-tokens-id", s.deleteMachineToken, edits()),
	}
}

// systemAccountView is the contract's SystemAccount.
type systemAccountView struct {
	ID             portico.SystemAccountID `json:"id"`
	Name           string                  `json:"name"`
	Description    string                  `json:"description"`
	KonnectManaged bool                    `json:"konnect_managed"` // false: all are the organization's
	CreatedAt      httpkit.Timestamp       `json:"created_at"`
	UpdatedAt      httpkit.Timestamp       `json:"updated_at"`
}

func viewSystemAccount(a portico.SystemAccount) systemAccountView {
	return systemAccountView{ID: a.ID, Name: a.Name, Description: a.Description, CreatedAt: httpkit.Timestamp(a.CreatedAt), UpdatedAt: httpkit.Timestamp(a.UpdatedAt)}
}

// maxMachineText bounds what the contract does not.
const maxMachineText = 250

func (s server) createSystemAccount(w http.ResponseWriter, r *http.Request) error {
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	in := admins.NewSystemAccount{
		Name:        o.String("name", httpkit.Required, httpkit.Length(1, maxMachineText)),
		Description: o.String("description", httpkit.Required, httpkit.MaxLength(maxMachineText)),
	}
	if o.Bool("konnect_managed", false) {
		o.Invalid("konnect_managed", "invalid", "must be false: every system account is the organization's own")
	}
	if err := o.Err(); err != nil {
		return err
	}
	return one(w, http.StatusCreated, viewSystemAccount)(s.SystemAccounts.Create(r.Context(), in))
}

func (s server) listSystemAccounts(w http.ResponseWriter, r *http.Request) error {
	spec := listing.Spec{Filters: map[string]listing.FieldKind{"name": listing.String(), "description": listing.String(), "konnect_managed": listing.Bool()}}
	return list(w, r, spec, func(q portico.ListQuery) (portico.Page[portico.SystemAccount], error) {
		return s.SystemAccounts.List(r.Context(), usecase.Settled(q, "konnect_managed", "false"))
	}, viewSystemAccount)
}

func (s server) systemAccount(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.SystemAccountID](r, "accountId")
	if err != nil {
		return err
	}
	return one(w, http.StatusOK, viewSystemAccount)(s.SystemAccounts.ByID(r.Context(), id))
}

func (s server) updateSystemAccount(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.SystemAccountID](r, "accountId")
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	ch := admins.SystemAccountChange{Name: o.OptString("name", httpkit.Length(1, maxMachineText)), Description: o.OptString("description", httpkit.MaxLength(maxMachineText))}
	if err := o.Err(); err != nil {
		return err
	}
	return one(w, http.StatusOK, viewSystemAccount)(s.SystemAccounts.Change(r.Context(), id, ch))
}

func (s server) deleteSystemAccount(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.SystemAccountID](r, "accountId")
	if err != nil {
		return err
	}
	return gone(w, s.SystemAccounts.Delete(r.Context(), id))
}

func (s server) teamsOfSystemAccount(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.SystemAccountID](r, "accountId")
	if err != nil {
		return err
	}
	return s.teamsOf(w, r, admins.OfSystemAccount(id))
}

// machineTokenView is the contract's SystemAccountAccessToken.
type machineTokenView struct {
	ID         portico.SystemAccountTokenID `json:"id"`
	Name       string                       `json:"name"`
	ExpiresAt  httpkit.Timestamp            `json:"expires_at"`
	LastUsedAt *httpkit.Timestamp           `json:"last_used_at,omitempty"`
	CreatedAt  httpkit.Timestamp            `json:"created_at"`
	UpdatedAt  httpkit.Timestamp            `json:"updated_at"`
}

// createdMachineTokenView is the one answer that has the token itself.
type createdMachineTokenView struct {
	machineTokenView
	Token string `json:"token"`
}

func viewMachineToken(t portico.SystemAccountToken) machineTokenView {
	return machineTokenView{
		ID: t.ID, Name: t.Name, ExpiresAt: httpkit.Timestamp(t.ExpiresAt), LastUsedAt: httpkit.OptTimestamp(t.LastUsedAt),
		CreatedAt: httpkit.Timestamp(t.CreatedAt), UpdatedAt: httpkit.Timestamp(t.UpdatedAt),
	}
}

func (s server) createMachineToken(w http.ResponseWriter, r *http.Request) error {
	account, err := httpkit.PathID[portico.SystemAccountID](r, "accountId")
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	name, expires := o.String("name", httpkit.Required, httpkit.Length(1, maxMachineText)), s.readFuture(o)
	if err := o.Err(); err != nil {
		return err
	}
	return one(w, http.StatusCreated, func(t admins.IssuedMachineToken) createdMachineTokenView {
		return createdMachineTokenView{viewMachineToken(t.SystemAccountToken), t.Value.Reveal()}
	})(s.SystemAccounts.CreateToken(r.Context(), account, name, expires))
}

// readFuture reads expires_at, which must be a time to come.
func (s server) readFuture(o *httpkit.Object) time.Time {
	at := o.Time("expires_at", httpkit.Required)
	if !at.IsZero() && (!at.After(s.now()) || at.Year() > 9999) {
		o.Invalid("expires_at", "invalid", "must be in the future")
	}
	return at
}

func (s server) listMachineTokens(w http.ResponseWriter, r *http.Request) error {
	account, err := httpkit.PathID[portico.SystemAccountID](r, "accountId")
	if err != nil {
		return err
	}
	spec := listing.Spec{Filters: map[string]listing.FieldKind{"name": listing.String()}}
	return list(w, r, spec, func(q portico.ListQuery) (portico.Page[portico.SystemAccountToken], error) {
		return s.SystemAccounts.Tokens(r.Context(), account, q)
	}, viewMachineToken)
}

// inAccount reads the system account and the token in the path.
func inAccount(r *http.Request) (portico.SystemAccountID, portico.SystemAccountTokenID, error) {
	return httpkit.PathIDs[portico.SystemAccountID, portico.SystemAccountTokenID](r, "accountId", "tokenId")
}

func (s server) machineToken(w http.ResponseWriter, r *http.Request) error {
	account, id, err := inAccount(r)
	if err != nil {
		return err
	}
	return one(w, http.StatusOK, viewMachineToken)(s.SystemAccounts.Token(r.Context(), account, id))
}

func (s server) renameMachineToken(w http.ResponseWriter, r *http.Request) error {
	account, id, err := inAccount(r)
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	name := o.String("name", httpkit.Required, httpkit.Length(1, maxMachineText))
	if err := o.Err(); err != nil {
		return err
	}
	return one(w, http.StatusOK, viewMachineToken)(s.SystemAccounts.RenameToken(r.Context(), account, id, name))
}

func (s server) deleteMachineToken(w http.ResponseWriter, r *http.Request) error {
	account, id, err := inAccount(r)
	if err != nil {
		return err
	}
	return gone(w, s.SystemAccounts.DeleteToken(r.Context(), account, id))
}
