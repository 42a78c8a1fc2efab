package mgmtapi

import (
	"errors"
	"net/http"

	"portico"
	"portico/access"
	"portico/control"
	"portico/httpkit"
	"portico/listing"
	"portico/mgmtapi/route"
	"portico/mgmtapi/wire"
	"portico/usecase"
)

// applicationRoutes: the applications of a portal's developers with their
// credentials (contract: portal-management v3). Credentials are read only:
// their owner alone makes and revokes them, in the portal.
func (s *server) applicationRoutes() []route.Route {
	const applications = "/v3/portals/{portalId}/applications"
	return []route.Route{
		route.On("POST", applications, "create-application", s.createApplication, access.For(access.Portals, access.Applications, "portalId")),
		route.On("GET", applications, "list-applications", s.listApplications, access.For(access.Portals, access.View, "portalId")),
		route.On("GET", applications+"/{applicationId}", "get-application", s.application, access.For(access.Portals, access.View, "portalId")),
		route.On("PATCH", applications+"/{applicationId}", "update-application", s.updateApplication, access.For(access.Portals, access.Applications, "portalId")),
		route.On("DELETE", applications+"/{applicationId}", "delete-application", s.deleteApplication, access.For(access.Portals, access.Applications, "portalId")),
		route.On("GET", applications+"/{applicationId}/developers", "list-developers-by-application", s.listOwners, access.For(access.Portals, access.View, "portalId")),
		route.On("GET", applications+"/{applicationId}/credentials", "list-credentials-by-application", s.listCredentials, access.For(access.Portals, access.View, "portalId")),
		route.On("GET", "/v3/applications/{applicationId}", "get-application-unscoped", s.anyApplication, access.For(access.Portals, access.View, "")),
	}
}

// idView is a reference to an entity.
type idView struct {
	ID string `json:"id"`
}

// ownerView is the contract's ApplicationOwner.
type ownerView struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

func viewOwner(a portico.Application) ownerView {
	if a.TeamID != nil {
		return ownerView{Type: ownerTeam, ID: string(*a.TeamID)}
	}
	return ownerView{Type: ownerDeveloper, ID: string(a.DeveloperID)}
}

// The contract's types of owner.
const (
	ownerDeveloper = "developer"
	ownerTeam      = "team"
)

// applicationView is what both of the contract's applications have.
type applicationView struct {
	ID                portico.ApplicationID `json:"id"`
	Name              string                `json:"name"`
	Description       *string               `json:"description"`
	Labels            map[string]string     `json:"labels"`
	RegistrationCount int                   `json:"registration_count"`
	Portal            idView                `json:"portal"`
	Owner             ownerView             `json:"owner"`
	CreatedAt         httpkit.Timestamp     `json:"created_at"`
	UpdatedAt         httpkit.Timestamp     `json:"updated_at"`
}

// keyAuthApplicationView is the contract's KeyAuthApplication.
type keyAuthApplicationView struct {
	applicationView
	AuthStrategy keyAuthStrategyView `json:"auth_strategy"`
}

type keyAuthStrategyView struct {
	ID             portico.StrategyID     `json:"id"`
	Name           string                 `json:"name"`
	CredentialType portico.CredentialType `json:"credential_type"`
	KeyNames       []string               `json:"key_names"`
	TTL            *portico.TTL           `json:"ttl,omitempty"`
}

// clientApplicationView is the contract's ClientCredentialsApplication. Scopes
// are not granted per application, hence null.
type clientApplicationView struct {
	applicationView
	ClientID      string             `json:"client_id"`
	DCRProvider   *idView            `json:"dcr_provider"`
	AuthStrategy  clientStrategyView `json:"auth_strategy"`
	GrantedScopes []string           `json:"granted_scopes"`
}

type clientStrategyView struct {
	ID              portico.StrategyID     `json:"id"`
	Name            string                 `json:"name"`
	CredentialType  portico.CredentialType `json:"credential_type"`
	AuthMethods     []string               `json:"auth_methods"`
	AvailableScopes []string               `json:"available_scopes,omitempty"`
}

// viewApplication renders the variant that the auth strategy calls for.
func viewApplication(v control.ApplicationView) any {
	common := applicationView{
		ID: v.ID, Name: v.Name, Description: v.Description, Labels: wire.NotNil(v.Labels), RegistrationCount: v.RegistrationCount,
		Portal: idView{string(v.PortalID)}, Owner: viewOwner(v.Application),
		CreatedAt: httpkit.Timestamp(v.CreatedAt), UpdatedAt: httpkit.Timestamp(v.UpdatedAt),
	}
	kind := v.Strategy.CredentialType()
	if kind == portico.CredentialKeyAuth {
		names := v.Strategy.KeyAuth.KeyNames
		if len(names) == 0 {
			names = portico.DefaultKeyNames()
		}
		return keyAuthApplicationView{common, keyAuthStrategyView{
			ID: v.Strategy.ID, Name: v.Strategy.Name, CredentialType: kind, KeyNames: names, TTL: v.Strategy.KeyAuth.TTL,
		}}
	}
	out := clientApplicationView{applicationView: common, ClientID: v.ClientID, AuthStrategy: clientStrategyView{
		ID: v.Strategy.ID, Name: v.Strategy.Name, CredentialType: kind, AuthMethods: httpkit.NotNil(v.Strategy.OIDC.AuthMethods),
	}}
	if v.Provider != nil {
		out.DCRProvider = &idView{string(v.Provider.ID)}
		if v.Provider.Config.UseDeveloperManagedScopes {
			out.AuthStrategy.AvailableScopes = v.Strategy.OIDC.Scopes
		}
	}
	return out
}

// readOwner reads the owner of an application.
func readOwner(o *httpkit.Object, presence httpkit.Rule) portico.Opt[control.Owner] {
	owner := o.Object("owner", presence)
	kind, id := owner.Enum("type", httpkit.Required, ownerDeveloper, ownerTeam), owner.OptUUID("id", httpkit.Required)
	out := portico.Opt[control.Owner]{Set: id.Set}
	if kind == ownerTeam {
		out.Value.Team = new(portico.TeamID(id.Value))
	} else {
		out.Value.Developer = portico.DeveloperID(id.Value)
	}
	return out
}

// ownerFault names an owner's faults as this API does.
func ownerFault(err error) error {
	if e, ok := errors.AsType[*portico.Error](err); ok {
		for i := range e.Invalid {
			if e.Invalid[i].Field == "team_id" {
				e.Invalid[i].Field = "owner.id"
			}
		}
	}
	return err
}

// checkOwner makes a fault of an owner that the portal does not have.
func (s *server) checkOwner(r *http.Request, portal portico.PortalID, owner control.Owner) error {
	if owner.Team != nil {
		_, err := s.Teams.ByID(r.Context(), portal, *owner.Team)
		return usecase.Missing(err, "owner.id", "The portal has no team with this id.")
	}
	_, err := s.Developers.ByID(r.Context(), portal, owner.Developer)
	return usecase.Missing(err, "owner.id", "The portal has no developer with this id.")
}

func (s *server) createApplication(w http.ResponseWriter, r *http.Request) error {
	portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	owner := readOwner(o, httpkit.Required).Value
	in := control.NewApplication{
		PortalID:    portal,
		DeveloperID: owner.Developer,
		TeamID:      owner.Team,
		Name:        o.String("name", httpkit.Required, httpkit.Length(1, 255)),
		Description: o.OptString("description", httpkit.MaxLength(255)).Ptr(),
		Labels:      wire.Remaining(o.Labels("labels")), // the contract allows nulls here
		StrategyID:  httpkit.As[portico.StrategyID](o.OptUUID("auth_strategy_id")).Ptr(),
		ClientID:    o.String("client_id", httpkit.Length(1, 255)),
		DCRClientID: o.String("dcr_client_id", httpkit.Length(1, 255)),
	}
	if err := o.Err(); err != nil {
		return err
	}
	if _, err := s.Portals.ByID(r.Context(), portal); err != nil {
		return err
	}
	if err := s.checkOwner(r, portal, owner); err != nil {
		return err
	}
	created, err := s.Applications.Create(r.Context(), in)
	if err != nil {
		return ownerFault(err)
	}
	return httpkit.JSON(w, http.StatusCreated, viewApplication(created.ApplicationView))
}

// applicationSpec is what the list of applications can be asked for.
func applicationSpec() listing.Spec {
	return listing.Spec{
		Filters: map[string]listing.FieldKind{"developer_id": listing.UUID(), "team_id": listing.UUID(), "name": listing.String()},
		Sorts:   []string{"created_at", "developer_id", "name"},
	}
}

func (s *server) listApplications(w http.ResponseWriter, r *http.Request) error {
	portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	q, err := listing.Parse(r, applicationSpec())
	if err != nil {
		return err
	}
	if _, err := s.Portals.ByID(r.Context(), portal); err != nil {
		return err
	}
	page, err := s.Applications.List(r.Context(), portal, ofOwner(q))
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, viewApplication))
}

// ofOwner asks for the developer who owns an application, and not for the one
// who created it for a team.
func ofOwner(q portico.ListQuery) portico.ListQuery {
	return usecase.Renamed(q, "developer_id", "owner_developer_id")
}

// inPath returns the application in the path, which must be in the portal there.
func (s *server) inPath(r *http.Request) (control.ApplicationView, error) {
	portal, id, err := inPortal[portico.ApplicationID](r, "applicationId")
	if err != nil {
		return control.ApplicationView{}, err
	}
	return s.Applications.ByID(r.Context(), portal, id)
}

func (s *server) application(w http.ResponseWriter, r *http.Request) error {
	app, err := s.inPath(r)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewApplication(app))
}

func (s *server) anyApplication(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.ApplicationID](r, "applicationId")
	if err != nil {
		return err
	}
	app, err := s.Applications.ByID(r.Context(), "", id)
	if err == nil && !access.From(r.Context()).May(access.Portals, access.View, string(app.PortalID)) {
		err = portico.NotFound("application", id) // as all that the caller may not know of
	}
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewApplication(app))
}

func (s *server) updateApplication(w http.ResponseWriter, r *http.Request) error {
	app, err := s.inPath(r)
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	ch := control.ApplicationChange{Owner: readOwner(o, httpkit.Optional)}
	if err := o.Err(); err != nil {
		return err
	}
	if ch.Owner.Set {
		if err := s.checkOwner(r, app.PortalID, ch.Owner.Value); err != nil {
			return err
		}
		if app, err = s.Applications.Update(r.Context(), app.ID, ch); err != nil {
			return ownerFault(err)
		}
	}
	return httpkit.JSON(w, http.StatusOK, viewApplication(app))
}

func (s *server) deleteApplication(w http.ResponseWriter, r *http.Request) error {
	app, err := s.inPath(r)
	if err != nil {
		return err
	}
	if err := s.Applications.Delete(r.Context(), app.ID); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}

// personView is the contract's developer with access to an application.
type personView struct {
	ID       portico.DeveloperID `json:"id"`
	Email    string              `json:"email"`
	FullName string              `json:"full_name"`
}

func viewPerson(d portico.Developer) personView {
	return personView{ID: d.ID, Email: d.Email, FullName: d.FullName}
}

// listOwners lists the developers with access: the owner, or the members of the
// team that owns the application.
func (s *server) listOwners(w http.ResponseWriter, r *http.Request) error {
	app, err := s.inPath(r)
	if err != nil {
		return err
	}
	q, err := listing.Parse(r, listing.Spec{Filters: map[string]listing.FieldKind{"id": listing.String()}, Sorts: []string{"id"}})
	if err != nil {
		return err
	}
	users, err := s.Applications.Users(r.Context(), app.Application)
	if err != nil {
		return err
	}
	q.Filters = append(q.Filters, usecase.AnyOf("id", users, func(id portico.DeveloperID) portico.DeveloperID { return id }))
	page, err := s.Developers.List(r.Context(), app.PortalID, q)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, viewPerson))
}

// keyView and secretView are the contract's two credentials.
type keyView struct {
	Type        string             `json:"type"`
	ID          string             `json:"id"`
	DisplayName string             `json:"display_name"`
	Status      string             `json:"status"`
	ExpiresAt   *httpkit.Timestamp `json:"expires_at"`
	CreatedAt   *httpkit.Timestamp `json:"created_at"`
}

type secretView struct {
	Type        string             `json:"type"`
	ID          string             `json:"id"`
	DisplayName *string            `json:"display_name"`
	ClientID    string             `json:"client_id"`
	ExpiresAt   *httpkit.Timestamp `json:"expires_at"`
	CreatedAt   *httpkit.Timestamp `json:"created_at"`
}

func viewCredential(c control.Credential) any {
	if c.Type == control.APIKey {
		return keyView{
			Type: c.Type, ID: c.ID, DisplayName: c.DisplayName, Status: c.Status,
			ExpiresAt: httpkit.OptTimestamp(c.ExpiresAt), CreatedAt: httpkit.OptTimestamp(c.CreatedAt),
		}
	}
	v := secretView{Type: c.Type, ID: c.ID, ClientID: c.ClientID, ExpiresAt: httpkit.OptTimestamp(c.ExpiresAt), CreatedAt: httpkit.OptTimestamp(c.CreatedAt)}
	if c.DisplayName != "" {
		v.DisplayName = &c.DisplayName
	}
	return v
}

func (s *server) listCredentials(w http.ResponseWriter, r *http.Request) error {
	app, err := s.inPath(r)
	if err != nil {
		return err
	}
	q, err := listing.Parse(r, listing.Spec{})
	if err != nil {
		return err
	}
	page, err := s.Credentials.List(r.Context(), app.ID, q)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, viewCredential))
}
