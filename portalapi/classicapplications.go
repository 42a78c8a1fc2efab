package portalapi

import (
	"cmp"
	"net/http"

	"portico"
	"portico/control"
	"portico/httpkit"
	"portico/listing"
)

func (s *server) classicApplicationRoutes() []route {
	const (
		application   = "/api/v2/applications/{applicationId}"
		credentials   = application + "/credentials"
		registrations = application + "/registrations"
	)
	return []route{
		on(developer, "GET", "/api/v2/applications", "list-applications", s.listClassicApplications),
		on(developer, "POST", "/api/v2/applications", "create-application", s.createClassicApplication),
		on(developer, "GET", "/api/v2/applications/auth-strategies", "list-application-auth-strategies", s.listStrategies),
		on(developer, "GET", application, "get-application", s.classicApplication),
		on(developer, "PATCH", application, "update-application", s.updateClassicApplication),
		on(developer, "DELETE", application, "delete-application", s.deleteApplication),
		on(developer, "GET", credentials, "list-credentials", s.listCredentials),
		on(developer, "POST", credentials, "create-credential", s.createCredential),
		on(developer, "PUT", credentials+"/{credentialId}", "update-credential", s.renameCredential),
		on(developer, "DELETE", credentials+"/{credentialId}", "delete-credential", s.deleteCredential),
		on(developer, "POST", application+"/refresh-token", "refresh-application-token", s.regenerateSecret),
		on(developer, "GET", application+"/product-versions/{productVersionId}/granted-scopes", "get-application-product-version-granted-scopes", s.grantedScopes),
		on(developer, "GET", registrations, "list-application-registrations", s.listClassicRegistrations),
		on(developer, "POST", registrations, "create-application-registration", s.createClassicRegistration),
		on(developer, "GET", registrations+"/{registrationId}", "get-application-registration", s.classicRegistration),
		on(developer, "DELETE", registrations+"/{registrationId}", "delete-application-registration", s.deleteRegistration),
		on(developer, "GET", registrations+"/{registrationId}/granted-scopes", "get-application-registration-granted-scopes", s.classicRegistrationScopes),
	}
}

// referenceLabel keeps the reference that a classic client gives to an
// application whose strategy has no client id.
const referenceLabel = "reference_id"

// classicApplicationView is the classic contract's GetApplicationResponse.
type classicApplicationView struct {
	ID           portico.ApplicationID `json:"id"`
	Name         string                `json:"name"`
	Description  *string               `json:"description"`
	ReferenceID  string                `json:"reference_id"`
	RedirectURI  *string               `json:"redirect_uri"`
	AuthStrategy any                   `json:"auth_strategy"`
	Scopes       []string              `json:"scopes,omitempty"`
	Credentials  *regeneratedView      `json:"credentials,omitempty"` // in the answer that creates them only
	CreatedAt    httpkit.Timestamp     `json:"created_at"`
	UpdatedAt    httpkit.Timestamp     `json:"updated_at"`
}

// viewClassicApplication renders an application. Its reference is its client id
// where it has one, else what the client called it, else its own id.
func viewClassicApplication(a control.ApplicationView) classicApplicationView {
	return classicApplicationView{
		ID: a.ID, Name: a.Name, Description: a.Description, RedirectURI: a.RedirectURI,
		ReferenceID:  cmp.Or(a.ClientID, a.Labels[referenceLabel], string(a.ID)),
		AuthStrategy: viewPortalStrategy(strategyOf(a)), Scopes: a.Scopes,
		CreatedAt: httpkit.Timestamp(a.CreatedAt), UpdatedAt: httpkit.Timestamp(a.UpdatedAt),
	}
}

func (s *server) listClassicApplications(w http.ResponseWriter, c call) error {
	q, err := listing.Parse(c.Request, listing.Spec{Filters: map[string]listing.FieldKind{"name": listing.String(), "auth_strategy_id": listing.UUID()}})
	if err != nil {
		return err
	}
	page, err := s.Applications.UsableBy(c.Context(), *c.developer, q)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, viewClassicApplication))
}

func (s *server) classicApplication(w http.ResponseWriter, c call) error {
	app, err := s.own(c)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewClassicApplication(app))
}

func (s *server) createClassicApplication(w http.ResponseWriter, c call) error {
	in, err := httpkit.ReadObject(c.Request)
	if err != nil {
		return err
	}
	wish := control.NewApplication{
		PortalID: c.portal.ID, DeveloperID: c.developer.ID,
		Name:        in.String("name", httpkit.Required, httpkit.Length(1, 255)),
		Description: readDescription(in).Ptr(),
		RedirectURI: in.OptURL("redirect_uri", httpkit.MaxLength(2048)).Ptr(),
		Scopes:      readScopes(in).Value,
	}
	reference, strategy := in.OptString("reference_id", httpkit.Length(1, 255)), in.OptUUID("auth_strategy_id", httpkit.Nullable)
	if strategy.Value != "" {
		wish.StrategyID = new(portico.StrategyID(strategy.Value))
	}
	if err := s.refer(c, in, &wish, reference.Value); err != nil {
		return err
	}
	if err := in.Err(); err != nil {
		return err
	}
	created, err := s.Applications.Create(c.Context(), wish)
	if err != nil {
		return err
	}
	out := viewClassicApplication(created.ApplicationView)
	if !created.Secret.Empty() {
		out.Credentials = &regeneratedView{created.ClientID, created.Secret.Reveal()}
	}
	return httpkit.JSON(w, http.StatusCreated, out)
}

// refer writes a reference to where the wanted strategy has a place for it: it
// is the client id of a client that the developer manages, and a mere name with
// key auth. With DCR the identity provider assigns it.
func (s *server) refer(c call, in *httpkit.Object, wish *control.NewApplication, reference string) error {
	if reference == "" {
		return nil
	}
	wanted := wish.StrategyID
	if wanted == nil {
		wanted = c.portal.DefaultStrategyID
	}
	if wanted == nil {
		return nil // creating says so
	}
	offered, err := s.Catalogue.Strategies(c.Context(), c.portal, portico.Everything())
	if err != nil {
		return err
	}
	for _, strategy := range offered.Items {
		if strategy.ID != *wanted {
			continue
		}
		switch strategy.CredentialType() {
		case portico.CredentialSelfManaged:
			wish.ClientID = reference
		case portico.CredentialKeyAuth:
			if !labelValue.MatchString(reference) {
				in.Invalid(referenceLabel, "pattern", "must be at most 63 letters, digits, dots, dashes and underscores")
			}
			wish.Labels = map[string]string{referenceLabel: reference}
		default:
			in.Invalid(referenceLabel, "invalid", "cannot be chosen: with this auth strategy the identity provider assigns the client id")
		}
	}
	return nil
}

func (s *server) updateClassicApplication(w http.ResponseWriter, c call) error {
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
		RedirectURI: in.OptURL("redirect_uri", httpkit.MaxLength(2048)),
		Scopes:      readScopes(in),
	}
	if reference := in.OptString("reference_id", httpkit.Length(1, 255)); reference.Set && reference.Value != viewClassicApplication(app).ReferenceID {
		change.ClientID = reference
	}
	if err := in.Err(); err != nil {
		return err
	}
	if app, err = s.Applications.Update(c.Context(), app.ID, change); err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewClassicApplication(app))
}

// classicRegistrationView is the classic contract's GetRegistrationResponse.
type classicRegistrationView struct {
	ID            portico.RegistrationID `json:"id"`
	Status        portico.Status         `json:"status"`
	ApplicationID portico.ApplicationID  `json:"application_id"`
	ProductID     portico.APIID          `json:"product_id"`
	ProductName   string                 `json:"product_name"`
	VersionID     string                 `json:"product_version_id"`
	VersionName   string                 `json:"product_version_name"`
	CreatedAt     httpkit.Timestamp      `json:"created_at"`
	UpdatedAt     httpkit.Timestamp      `json:"updated_at"`
}

// viewClassicRegistration names the API's current version: registrations are
// for all of an API's versions.
func (s *server) viewClassicRegistration(c call, v control.RegistrationView) (classicRegistrationView, error) {
	api, err := s.APIs.ByID(c.Context(), v.APIID)
	if err != nil {
		return classicRegistrationView{}, err
	}
	latest := viewProduct(control.PublishedAPI{APIView: api}).Latest
	return classicRegistrationView{
		ID: v.ID, Status: v.Status, ApplicationID: v.ApplicationID, ProductID: v.APIID, ProductName: v.API.Name,
		VersionID: latest.ID, VersionName: latest.Name, CreatedAt: httpkit.Timestamp(v.CreatedAt), UpdatedAt: httpkit.Timestamp(v.UpdatedAt),
	}, nil
}

func (s *server) listClassicRegistrations(w http.ResponseWriter, c call) error {
	app, err := s.own(c)
	if err != nil {
		return err
	}
	found, err := s.Registrations.List(c.Context(), portico.Everything(portico.Where("application_id", app.ID)))
	if err != nil {
		return err
	}
	views := make([]classicRegistrationView, len(found.Items))
	for i, v := range found.Items {
		if views[i], err = s.viewClassicRegistration(c, v); err != nil {
			return err
		}
	}
	fields := map[string]listing.FieldKind{"status": statusKind(), "product_name": listing.String(), "product_version_name": listing.String()}
	page, q, err := classicPage(c, fields, views, func(v classicRegistrationView, field string) string {
		switch field {
		case "status":
			return string(v.Status)
		case "product_name":
			return v.ProductName
		}
		return v.VersionName
	})
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, func(v classicRegistrationView) classicRegistrationView { return v }))
}

func (s *server) createClassicRegistration(w http.ResponseWriter, c call) error {
	app, err := s.own(c)
	if err != nil {
		return err
	}
	in, err := httpkit.ReadObject(c.Request)
	if err != nil {
		return err
	}
	version := in.UUID("product_version_id", httpkit.Required)
	if scopes := in.OptStrings("scopes", httpkit.MaxItems(50), httpkit.ItemLength(1, 128)); len(scopes.Value) > 0 {
		in.Invalid("scopes", "invalid", "must be left out: scopes are the application's, not the registration's")
	}
	if err := in.Err(); err != nil {
		return err
	}
	api, err := s.APIs.OfVersion(c.Context(), version)
	if err == nil {
		_, err = s.visibleAPI(c, string(api))
	}
	var created control.RegistrationView
	if err == nil {
		created, err = s.register(c, app, api)
	}
	if portico.KindOf(err) == portico.KindNotFound {
		return portico.Invalid("product_version_id", "missing_reference", "The portal has no product version with this id.")
	}
	if err != nil {
		return err
	}
	return s.answerClassicRegistration(w, c, http.StatusCreated, created)
}

func (s *server) answerClassicRegistration(w http.ResponseWriter, c call, status int, v control.RegistrationView) error {
	out, err := s.viewClassicRegistration(c, v)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, status, out)
}

func (s *server) classicRegistration(w http.ResponseWriter, c call) error {
	v, err := s.registered(c)
	if err != nil {
		return err
	}
	return s.answerClassicRegistration(w, c, http.StatusOK, v)
}

func (s *server) classicRegistrationScopes(w http.ResponseWriter, c call) error {
	if _, err := s.registered(c); err != nil {
		return err
	}
	return s.grantedScopes(w, c)
}
