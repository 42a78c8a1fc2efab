package control

import (
	"context"
	"slices"
	"strconv"

	"portico"
	"portico/secret"
	"portico/usecase"
)

// Applications are what developers build: created, changed and removed together
// with their clients in the identity provider. What needs the identity
// provider is in register.go.
type Applications struct{ saga }

// ApplicationView is an application with what every face shows of it.
type ApplicationView struct {
	portico.Application
	Strategy          portico.Strategy
	Provider          *portico.Provider // nil unless a DCR provider holds the client
	Developer         portico.Developer // the owner, or with Team who created it
	Team              *portico.Team     // nil unless a team owns it
	RegistrationCount int
}

// NewApplication is the wish for an application.
type NewApplication struct {
	PortalID    portico.PortalID
	DeveloperID portico.DeveloperID // empty with TeamID: whoever has been in the team longest
	TeamID      *portico.TeamID     // the team that shall own it
	Name        string
	Description *string
	Labels      map[string]string
	StrategyID  *portico.StrategyID // nil: the portal's default
	ClientID    string              // self-managed strategies only: the client the developer brings
	DCRClientID string              // DCR only: a client that exists already and is adopted
	RedirectURI *string
	Scopes      []string
}

// CreatedApplication is a new application; Secret is the client secret that was
// issued with it, empty unless a DCR provider issued one. It is kept nowhere.
type CreatedApplication struct {
	ApplicationView
	Secret secret.Text
}

// ApplicationChange is a partial update.
type ApplicationChange struct {
	Name        portico.Opt[string]
	Description portico.Opt[string]
	RedirectURI portico.Opt[string]
	ClientID    portico.Opt[string] // self-managed only
	Scopes      portico.Opt[[]string]
	Labels      portico.Opt[map[string]string]
	Owner       portico.Opt[Owner]
}

// Owner is whom an application belongs to: a developer, or a team.
type Owner struct {
	Developer portico.DeveloperID // with Team: who counts as having created it; empty: as in NewApplication
	Team      *portico.TeamID
}

// Create makes an application. With a DCR strategy it registers a client first
// and fails, having created nothing, when the identity provider does not agree:
// KindUnavailable, or KindInvalid with the provider's reason. Further errors:
// KindNotFound (portal, developer), KindInvalid (strategy, client id),
// KindForbidden (developer not approved), KindConflict (name, client id, limit).
func (a Applications) Create(ctx context.Context, in NewApplication) (CreatedApplication, error) {
	plan, err := usecase.View(ctx, a.Store, func(tx portico.Tx) (creation, error) { return a.plan(ctx, tx, in) })
	if err != nil {
		return CreatedApplication{}, err
	}
	var issued secret.Text
	switch {
	case plan.provider == nil:
		err = a.Commit(ctx, func(tx portico.Tx) error { return tx.Applications().Insert(ctx, plan.app) })
	case in.DCRClientID != "":
		err = a.adopt(ctx, plan)
	default:
		issued, err = a.register(ctx, &plan)
	}
	if err != nil {
		return CreatedApplication{}, err
	}
	v, err := a.ByID(ctx, in.PortalID, plan.app.ID)
	return CreatedApplication{ApplicationView: v, Secret: issued}, err
}

// creation is what Create has decided to do.
type creation struct {
	app      portico.Application
	strategy portico.Strategy
	provider *portico.Provider
}

// plan checks the wish against the portal and decides what to create.
func (a Applications) plan(ctx context.Context, tx portico.Tx, in NewApplication) (creation, error) {
	portal, err := tx.Portals().ByID(ctx, in.PortalID)
	if err != nil {
		return creation{}, err
	}
	owner, err := ownerIn(ctx, tx, portal.ID, Owner{in.DeveloperID, in.TeamID})
	if err != nil {
		return creation{}, err
	}
	developer, err := tx.Developers().ByID(ctx, owner.Developer)
	if err != nil {
		return creation{}, err
	}
	if developer.PortalID != portal.ID {
		return creation{}, portico.NotFound("developer", owner.Developer)
	}
	if developer.Status != portico.Approved {
		return creation{}, portico.Errorf(portico.KindForbidden, "The developer is not approved; nothing was created. An administrator of the portal has to approve the account first.").Named("not_approved")
	}
	if err := a.roomFor(ctx, tx, in); err != nil {
		return creation{}, err
	}
	strategy, err := a.strategyFor(ctx, tx, portal, in.StrategyID)
	if err != nil {
		return creation{}, err
	}
	if err := checkClientID(strategy, in); err != nil {
		return creation{}, err
	}
	var provider *portico.Provider
	if strategy.ProviderID != nil {
		p, err := tx.Providers().ByID(ctx, *strategy.ProviderID)
		if err != nil {
			return creation{}, err
		}
		provider = &p
	}
	if err := checkScopes(StrategyView{Strategy: strategy, Provider: provider}, in.Scopes); err != nil {
		return creation{}, err
	}
	now := a.Now()
	c := creation{strategy: strategy, provider: provider, app: portico.Application{
		ID: portico.ApplicationID(a.NewID()), PortalID: portal.ID, DeveloperID: developer.ID, TeamID: owner.Team, StrategyID: strategy.ID,
		Name: in.Name, Description: in.Description, Labels: in.Labels, RedirectURI: in.RedirectURI, Scopes: in.Scopes,
		ProviderID: strategy.ProviderID, ClientID: in.ClientID, Generation: 1, CreatedAt: now, UpdatedAt: now,
	}}
	if provider != nil {
		c.app.ClientID = in.DCRClientID
	}
	return c, nil
}

// roomFor refuses a name that the owner uses already, and the application after
// the last one allowed.
func (a Applications) roomFor(ctx context.Context, tx portico.Tx, in NewApplication) error {
	owner := portico.Where("owner_id", in.DeveloperID)
	if in.TeamID != nil {
		owner = portico.Where("owner_id", *in.TeamID)
	}
	same, err := tx.Applications().List(ctx, portico.ListQuery{Size: 1, Number: 1, Filters: []portico.Filter{owner, portico.Where("name", in.Name)}})
	if err != nil {
		return err
	}
	if same.Total > 0 {
		return portico.Errorf(portico.KindConflict, "The owner has an application named [%s] already; nothing was created. Choose another name.", in.Name).Named("app_name_taken")
	}
	all, err := tx.Applications().List(ctx, portico.ListQuery{Size: 1, Number: 1, Filters: []portico.Filter{owner}})
	if err != nil {
		return err
	}
	if all.Total >= portico.MaxApplicationsPerDeveloper {
		return portico.Errorf(portico.KindConflict, "The owner has %d applications, the most that one may have; nothing was created. Delete one first.", all.Total).Named("app_limit")
	}
	return nil
}

// strategyFor resolves the wanted strategy: one that the portal offers, or its
// default.
func (a Applications) strategyFor(ctx context.Context, tx portico.Tx, portal portico.Portal, id *portico.StrategyID) (portico.Strategy, error) {
	if id == nil {
		id = portal.DefaultStrategyID
	}
	if id == nil {
		return portico.Strategy{}, portico.Invalid("auth_strategy_id", "required", "The portal has no default auth strategy, so one has to be named.")
	}
	offered, err := offeredStrategies(ctx, tx, portal)
	if err != nil {
		return portico.Strategy{}, err
	}
	if !slices.Contains(offered, *id) {
		return portico.Strategy{}, portico.Invalid("auth_strategy_id", "missing_reference", "The portal offers no auth strategy with this id.")
	}
	return tx.Strategies().ByID(ctx, *id)
}

// offeredStrategies are the ones that a developer of the portal can use: its
// default and those of its publications.
func offeredStrategies(ctx context.Context, tx portico.Tx, portal portico.Portal) ([]portico.StrategyID, error) {
	published, err := tx.Publications().List(ctx, portico.Everything(portico.Where("portal_id", portal.ID)))
	if err != nil {
		return nil, err
	}
	var ids []portico.StrategyID
	if portal.DefaultStrategyID != nil {
		ids = append(ids, *portal.DefaultStrategyID)
	}
	for _, p := range published.Items {
		if p.StrategyID != nil && !slices.Contains(ids, *p.StrategyID) {
			ids = append(ids, *p.StrategyID)
		}
	}
	return ids, nil
}

// checkClientID holds the rule of who chooses the client id.
func checkClientID(s portico.Strategy, in NewApplication) error {
	switch s.CredentialType() {
	case portico.CredentialSelfManaged:
		if in.ClientID == "" {
			return portico.Invalid("client_id", "required", "With this auth strategy the developer manages the client, so its client_id has to be given.")
		}
	default:
		if in.ClientID != "" {
			return portico.Invalid("client_id", "invalid", "This auth strategy assigns the credentials itself; client_id cannot be chosen.")
		}
	}
	if in.DCRClientID != "" && s.CredentialType() != portico.CredentialDCR {
		return portico.Invalid("dcr_client_id", "invalid", "Only an auth strategy with a DCR provider can adopt a client.")
	}
	return nil
}

// checkScopes holds that developers choose only among the scopes that the
// strategy leaves to them.
func checkScopes(s StrategyView, scopes []string) error {
	if len(scopes) > 0 && !s.DeveloperManagedScopes() {
		return portico.Invalid("scopes", "invalid", "With this auth strategy the scopes are not the developer's to choose; leave them out.")
	}
	for i, scope := range scopes {
		if !slices.Contains(s.OIDC.Scopes, scope) {
			return portico.Invalid("scopes."+strconv.Itoa(i), "missing_reference", "The auth strategy does not offer this scope.")
		}
	}
	return nil
}

// ByID returns an application; an empty portal means any. KindNotFound.
func (a Applications) ByID(ctx context.Context, portal portico.PortalID, id portico.ApplicationID) (ApplicationView, error) {
	return usecase.View(ctx, a.Store, func(tx portico.Tx) (ApplicationView, error) {
		app, err := applicationIn(ctx, tx, portal, id)
		if err != nil {
			return ApplicationView{}, err
		}
		return usecase.One(a.views(ctx, tx, []portico.Application{app}))
	})
}

// List returns a page of a portal's applications.
func (a Applications) List(ctx context.Context, portal portico.PortalID, q portico.ListQuery) (portico.Page[ApplicationView], error) {
	q.Filters = append(slices.Clone(q.Filters), portico.Where("portal_id", portal))
	return a.ListAll(ctx, q)
}

// ListAll returns a page of the applications of all portals.
func (a Applications) ListAll(ctx context.Context, q portico.ListQuery) (portico.Page[ApplicationView], error) {
	return usecase.View(ctx, a.Store, func(tx portico.Tx) (portico.Page[ApplicationView], error) {
		page, err := tx.Applications().List(ctx, q)
		if err != nil {
			return portico.Page[ApplicationView]{}, err
		}
		views, err := a.views(ctx, tx, page.Items)
		return portico.Page[ApplicationView]{Items: views, Total: page.Total}, err
	})
}

// applicationIn returns an application, provided it is in the portal.
func applicationIn(ctx context.Context, tx portico.Tx, portal portico.PortalID, id portico.ApplicationID) (portico.Application, error) {
	app, err := tx.Applications().ByID(ctx, id)
	if err == nil && portal != "" && app.PortalID != portal {
		return portico.Application{}, portico.NotFound("application", id)
	}
	return app, err
}

// views adds what the faces show, with one query per kind of entity.
func (a Applications) views(ctx context.Context, tx portico.Tx, apps []portico.Application) ([]ApplicationView, error) {
	strategies, err := tx.Strategies().List(ctx, portico.Everything(usecase.AnyOf("id", apps, func(a portico.Application) portico.StrategyID { return a.StrategyID })))
	if err != nil {
		return nil, err
	}
	developers, err := tx.Developers().List(ctx, portico.Everything(usecase.AnyOf("id", apps, func(a portico.Application) portico.DeveloperID { return a.DeveloperID })))
	if err != nil {
		return nil, err
	}
	providers, err := tx.Providers().List(ctx, portico.Everything())
	if err != nil {
		return nil, err
	}
	registrations, err := tx.Registrations().List(ctx, portico.Everything(usecase.AnyOf("application_id", apps, applicationID)))
	if err != nil {
		return nil, err
	}
	count := map[portico.ApplicationID]int{}
	for _, r := range registrations.Items {
		count[r.ApplicationID]++
	}
	teams, err := tx.Teams().List(ctx, portico.Everything(usecase.AnyOf("id", apps, owningTeam)))
	if err != nil {
		return nil, err
	}
	teamBy := usecase.By(teams.Items, func(t portico.Team) portico.TeamID { return t.ID })
	strategyBy := usecase.By(strategies.Items, func(s portico.Strategy) portico.StrategyID { return s.ID })
	developerBy := usecase.By(developers.Items, func(d portico.Developer) portico.DeveloperID { return d.ID })
	providerBy := usecase.By(providers.Items, func(p portico.Provider) portico.ProviderID { return p.ID })
	out := make([]ApplicationView, len(apps))
	for i, app := range apps {
		out[i] = ApplicationView{Application: app, Strategy: strategyBy[app.StrategyID], Developer: developerBy[app.DeveloperID], RegistrationCount: count[app.ID]}
		if app.ProviderID != nil {
			out[i].Provider = new(providerBy[*app.ProviderID])
		}
		if app.TeamID != nil {
			out[i].Team = new(teamBy[*app.TeamID])
		}
	}
	return out, nil
}

// Update changes an application. With DCR the client in the identity provider
// is changed first; when that fails, nothing is. KindNotFound, KindConflict,
// KindInvalid, KindUnavailable.
func (a Applications) Update(ctx context.Context, id portico.ApplicationID, ch ApplicationChange) (ApplicationView, error) {
	before, err := a.ByID(ctx, "", id)
	if err != nil {
		return ApplicationView{}, err
	}
	if ch.ClientID.Set && before.Strategy.CredentialType() != portico.CredentialSelfManaged {
		return ApplicationView{}, portico.Invalid("client_id", "invalid", "This application's auth strategy assigns the client_id; it cannot be changed.")
	}
	if err := checkScopes(StrategyView{Strategy: before.Strategy, Provider: before.Provider}, ch.Scopes.Value); err != nil {
		return ApplicationView{}, err
	}
	if err := a.checkUpdate(ctx, before, &ch); err != nil {
		return ApplicationView{}, err
	}
	change := func(app *portico.Application) error {
		ch.Name.Apply(&app.Name)
		ch.Description.ApplyPtr(&app.Description)
		ch.RedirectURI.ApplyPtr(&app.RedirectURI)
		ch.ClientID.Apply(&app.ClientID)
		ch.Labels.Apply(&app.Labels)
		if ch.Owner.Set {
			app.DeveloperID, app.TeamID = ch.Owner.Value.Developer, ch.Owner.Value.Team
		}
		if ch.Scopes.Set {
			app.Scopes = ch.Scopes.Value
		}
		if ch.ClientID.Set || ch.Scopes.Set {
			app.Generation++ // tokens that were got before are not what would be got now
		}
		return nil
	}
	if before.Provider != nil && (ch.Name.Set || ch.Description.Set || ch.RedirectURI.Set || ch.Scopes.Set) {
		after := before.Application
		_ = change(&after) // cannot fail
		if err := a.push(ctx, *before.Provider, before.Strategy, before.Application, after); err != nil {
			return ApplicationView{}, err
		}
	}
	err = a.commitAndTell(ctx, func(tx portico.Tx) ([]portico.Task, error) {
		if _, err := tx.Applications().Change(ctx, id, change); err != nil {
			return nil, err
		}
		if !ch.Name.Set && !ch.Description.Set && !ch.RedirectURI.Set && !ch.Owner.Set {
			return nil, nil
		}
		return a.tell(ctx, tx, id, "")
	})
	if err != nil {
		return ApplicationView{}, err
	}
	return a.ByID(ctx, "", id)
}

// checkUpdate finds what the store would refuse before the identity provider
// is told anything, and completes the wanted owner.
func (a Applications) checkUpdate(ctx context.Context, before ApplicationView, ch *ApplicationChange) error {
	return a.Store.View(ctx, func(tx portico.Tx) error {
		owner := portico.Where("owner_id", before.DeveloperID)
		if before.TeamID != nil {
			owner = portico.Where("owner_id", *before.TeamID)
		}
		if ch.Owner.Set {
			var err error
			if owner, err = checkTransfer(ctx, tx, before.Application, &ch.Owner.Value); err != nil {
				return err
			}
		}
		name := before.Name
		ch.Name.Apply(&name)
		same, err := tx.Applications().List(ctx, portico.Everything(owner, portico.Where("name", name)))
		if err != nil {
			return err
		}
		for _, other := range same.Items {
			if other.ID != before.ID {
				return portico.Errorf(portico.KindConflict, "The owner has another application named [%s]; nothing was changed. Choose another name.", name).Named("app_name_taken")
			}
		}
		return nil
	})
}

func applicationID(a portico.Application) portico.ApplicationID { return a.ID }
