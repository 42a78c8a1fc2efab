package portalapi

import (
	"net/http"

	"portico"
	"portico/control"
	"portico/httpkit"
	"portico/listing"
)

// applicationRoutes: the applications of a developer and of their teams.
// Everybody else's are not there.
func (s *server) applicationRoutes() []route {
	const application = "/api/v3/applications/{applicationId}"
	return []route{
		on(developer, "GET", "/api/v3/applications", "list-applications", s.listApplications),
		on(developer, "POST", "/api/v3/applications", "create-application", s.createApplication),
		on(developer, "GET", application, "get-application", s.application),
		on(developer, "PATCH", application, "update-application", s.updateApplication),
		on(developer, "DELETE", application, "delete-application", s.deleteApplication),
		on(developer, "GET", application+"/granted-scopes", "get-application-granted-scopes", s.grantedScopes),
	}
}

// applicationView is the contract's GetApplicationResponse. Of scopes only those
// are shown that the developer has chosen.
type applicationView struct {
	ID           portico.ApplicationID `json:"id"`
	Name         string                `json:"name"`
	Description  *string               `json:"description"`
	RedirectURI  *string               `json:"redirect_uri"`
	ClientID     string                `json:"client_id,omitempty"`
	TeamID       *portico.TeamID       `json:"team_id"`
	AuthStrategy any                   `json:"auth_strategy"`
	Scopes       []string              `json:"scopes,omitempty"`
	CreatedAt    httpkit.Timestamp     `json:"created_at"`
	UpdatedAt    httpkit.Timestamp     `json:"updated_at"`
}

// createdView is the contract's ApplicationCreationResponse: the one answer that
// holds the secret.
type createdView struct {
	applicationView
	ClientSecret string `json:"client_secret,omitempty"`
}

func viewApplication(a control.ApplicationView) applicationView {
	return applicationView{
		ID: a.ID, Name: a.Name, Description: a.Description, RedirectURI: a.RedirectURI, ClientID: a.ClientID, TeamID: a.TeamID,
		AuthStrategy: viewPortalStrategy(strategyOf(a)), Scopes: a.Scopes,
		CreatedAt: httpkit.Timestamp(a.CreatedAt), UpdatedAt: httpkit.Timestamp(a.UpdatedAt),
	}
}

// The rules of what a creation and an update have in common.
func readClientID(in *httpkit.Object) portico.Opt[string] {
	return in.OptString("client_id", httpkit.Length(1, 255))
}

func readDescription(in *httpkit.Object) portico.Opt[string] {
	return in.OptString("description", httpkit.MaxLength(255))
}

func readScopes(in *httpkit.Object) portico.Opt[[]string] {
	return in.OptStrings("scopes", httpkit.MaxItems(50), httpkit.ItemLength(1, 128))
}

// readOwner reads team_id: a team of the caller's, or null for the caller alone.
func readOwner(in *httpkit.Object, c call) portico.Opt[control.Owner] {
	team := in.OptUUID("team_id", httpkit.Nullable)
	out := portico.Opt[control.Owner]{Set: team.Set, Value: control.Owner{Developer: c.developer.ID}}
	if team.Value != "" {
		out.Value.Team = new(portico.TeamID(team.Value))
	}
	return out
}

func (s *server) createApplication(w http.ResponseWriter, c call) error {
	in, err := httpkit.ReadObject(c.Request)
	if err != nil {
		return err
	}
	wish := control.NewApplication{
		PortalID: c.portal.ID, DeveloperID: c.developer.ID,
		Name:        in.String("name", httpkit.Required, httpkit.Length(1, 255)),
		Description: readDescription(in).Ptr(),
		ClientID:    readClientID(in).Value,
		RedirectURI: in.OptURL("redirect_uri", httpkit.MaxLength(2048)).Ptr(),
		Scopes:      readScopes(in).Value,
		TeamID:      readOwner(in, c).Value.Team,
	}
	strategy := in.OptUUID("auth_strategy_id", httpkit.Nullable)
	if err := in.Err(); err != nil {
		return err
	}
	if strategy.Value != "" {
		wish.StrategyID = new(portico.StrategyID(strategy.Value))
	}
	created, err := s.Applications.Create(c.Context(), wish)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusCreated, createdView{viewApplication(created.ApplicationView), created.Secret.Reveal()})
}

func (s *server) listApplications(w http.ResponseWriter, c call) error {
	q, err := listing.Parse(c.Request, listing.Spec{Filters: map[string]listing.FieldKind{
		"name": listing.String(), "auth_strategy_id": listing.UUID(), "team_id": listing.NullableUUID(),
	}})
	if err != nil {
		return err
	}
	page, err := s.Applications.UsableBy(c.Context(), *c.developer, q)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, viewApplication))
}

// own returns the application in the path, which must be the caller's or one of
// their team's.
func (s *server) own(c call) (control.ApplicationView, error) {
	id, err := httpkit.PathID[portico.ApplicationID](c.Request, "applicationId")
	if err != nil {
		return control.ApplicationView{}, err
	}
	return s.Applications.Usable(c.Context(), *c.developer, id)
}

func (s *server) application(w http.ResponseWriter, c call) error {
	app, err := s.own(c)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewApplication(app))
}

func (s *server) updateApplication(w http.ResponseWriter, c call) error {
	app, err := s.own(c)
	if err != nil {
		return err
	}
	in, err := httpkit.ReadObject(c.Request)
	if err != nil {
		return err
	}
	change := control.ApplicationChange{
		Name:        in.OptString("name", httpkit.Length(1, 255)),
		Description: readDescription(in),
		RedirectURI: in.OptURL("redirect_uri", httpkit.Nullable, httpkit.MaxLength(2048)),
		ClientID:    readClientID(in),
		Scopes:      readScopes(in),
		Owner:       readOwner(in, c),
	}
	if err := in.Err(); err != nil {
		return err
	}
	if app, err = s.Applications.Update(c.Context(), app.ID, change); err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewApplication(app))
}

func (s *server) deleteApplication(w http.ResponseWriter, c call) error {
	app, err := s.own(c)
	if err != nil {
		return err
	}
	if err := s.Applications.Delete(c.Context(), app.ID); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}

// scopesView is the contract's GetGrantedScopesAPIResponse.
type scopesView struct {
	Scopes []string `json:"scopes"`
}

func (s *server) grantedScopes(w http.ResponseWriter, c call) error {
	app, err := s.own(c)
	if err != nil {
		return err
	}
	scopes, err := s.Credentials.GrantedScopes(c.Context(), app.ID)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, scopesView{httpkit.NotNil(scopes)})
}
