package appauth

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/a-h/templ"

	"portico"
	"portico/access"
	"portico/control"
	"portico/doctor"
	"portico/oauth"
	"portico/secret"
	"portico/usecase"
	"portico/webui/design"
	"portico/webui/desk"
)

// The contract's limits.
const (
	maxName   = 256
	maxIssuer = 256
	maxToken  = 256
)

// As the management API says.
const (
	maxInitialToken = 4096
	maxPrivateKey   = 8192
	maxServiceID    = 100
)

// providersView is the list of DCR providers.
type providersView struct {
	desk.List
	Tabs      []design.Tab
	Items     []control.ProviderView
	Total     int
	UsedBy    map[portico.ProviderID]int // how many strategies
	Types     []design.Option
	MayCreate bool
}

func (p pages) providers(w http.ResponseWriter, v *desk.Visit) error {
	view := providersView{List: v.List("name", "provider_type", "issuer", "created_at"), Tabs: tabs(v, providersPath), UsedBy: map[portico.ProviderID]int{}, MayCreate: v.MayCreate(access.Providers)}
	q := access.Visible(v.Context(), view.Query(view.Contains("q", "name"), view.Equal("provider_type")), access.Providers, "id")
	found, err := p.Providers.List(v.Context(), q)
	if err != nil {
		return err
	}
	view.Items, view.Total = found.Items, found.Total
	strategies, err := p.Strategies.List(v.Context(), portico.Everything(usecase.AnyOf("dcr_provider_id", found.Items, func(p control.ProviderView) portico.ProviderID { return p.ID })))
	if err != nil {
		return err
	}
	for _, s := range strategies.Items {
		view.UsedBy[*s.ProviderID]++
	}
	view.Types = []design.Option{{Label: v.T("appauth.any_type")}}
	for _, t := range portico.ProviderTypes() {
		view.Types = append(view.Types, design.Option{Value: string(t), Label: typeName(t), Selected: view.Value("provider_type") == string(t)})
	}
	return v.Render(w, http.StatusOK, v.T("appauth.title"), providersPage(view))
}

// typeName is what a provider's type is called by those who make it.
func typeName(t portico.ProviderType) string {
	switch t {
	case portico.ProviderAuth0:
		return "Auth0"
	case portico.ProviderAzureAD:
		return "Microsoft Entra ID"
	case portico.ProviderCurity:
		return "Curity"
	case portico.ProviderOkta:
		return "Okta"
	case portico.ProviderKongIdentity:
		return "Kong Identity"
	case portico.ProviderHTTP:
		return "HTTP DCR bridge"
	case portico.ProviderRFC7591:
		return "RFC 7591"
	}
	return string(t)
}

// providerView is a provider's page: the form of a new one, or of one that is
// stored.
type providerView struct {
	Form    *desk.Form
	Stored  *control.ProviderView // nil: a new one
	Token   control.SecretStored  // of the stored one
	Types   []design.Option
	Fields  []configField // that some of the types have
	Usable  bool          // there is an adapter for the type, so that the rest can be tested
	MayEdit bool
	MayDrop bool
	SetsUp  bool // its authorization server can be prepared
	UsedBy  []reference
	Hidden  int                   // so many more use it, which the visitor may not see
	Doing   *doctor.Condition     // nil: of a new one
	Check   *portico.Verification // nil: the connection was not tested
	Call    templ.Component       // nil: it was not asked for
}

func (c providerView) path() string {
	if c.Stored == nil {
		return providersPath + "/new"
	}
	return providersPath + "/" + string(c.Stored.ID)
}

// rarely are the fields of the types that few need, or the others.
func (c providerView) rarely(rare bool) (out []configField) {
	for _, field := range c.Fields {
		if field.rare == rare {
			out = append(out, field)
		}
	}
	return out
}

// more says whether what few need is filled in, or faulty.
func (c providerView) more() bool {
	names := []string{"labels", "display_name"}
	for _, field := range c.rarely(true) {
		names = append(names, field.name)
	}
	return slices.ContainsFunc(names, func(name string) bool {
		value := c.Form.Value(name)
		return c.Form.Fault(name) != "" || value != "" && value != string(portico.RegistrationApps)
	})
}

func (p pages) newProvider(w http.ResponseWriter, v *desk.Visit) error {
	view := providerView{Form: v.EmptyForm(url.Values{"type": {string(portico.ProviderOkta)}}), MayEdit: true}
	return p.showProvider(w, v, http.StatusOK, view)
}

// showProvider renders the page, with the types as they can be chosen.
func (p pages) showProvider(w http.ResponseWriter, v *desk.Visit, status int, view providerView) error {
	v.NoStore() // a token may have been typed
	if view.Stored != nil {
		doing, err := p.Doctor.Condition(v.Context(), view.Stored.ID)
		if err != nil {
			return err
		}
		view.Doing = &doing
	}
	view.Usable = view.Stored == nil || p.Providers.Offers(view.Stored.Type)
	var stored []design.Option // types that can be kept, but not used yet
	for _, t := range portico.ProviderTypes() {
		option := design.Option{Value: string(t), Label: typeName(t), Selected: view.Form.Value("type") == string(t)}
		if p.Providers.Offers(t) {
			view.Types = append(view.Types, option)
			continue
		}
		option.Disabled, option.Reason, option.Selected = true, v.T("appauth.type_stored_only"), false
		stored = append(stored, option)
	}
	view.Types = append(view.Types, stored...)
	view.Fields = slices.DeleteFunc(configFields(), func(field configField) bool {
		return !slices.ContainsFunc(field.types, func(t portico.ProviderType) bool {
			return p.Providers.Offers(t) && (view.Stored == nil || view.Stored.Type == t)
		})
	})
	title := v.T("appauth.new_provider")
	if view.Stored != nil {
		title = view.Stored.Name
	}
	return v.Render(w, status, title, providerPage(view))
}

// providerInput is what the form says.
type providerInput struct {
	Name, Issuer string
	DisplayName  *string // nil: none
	Type         portico.ProviderType
	Config       portico.ProviderConfig
	Fields       []configField // of Config that the form has
	Token        secret.Text   // empty: keep the stored one
	Labels       map[string]string
}

// readProvider reads the form; of a stored provider the type and the token need
// not be given.
func (p pages) readProvider(f *desk.Form, stored *control.ProviderView) providerInput {
	in := providerInput{Name: f.Text("name", true, maxName), DisplayName: f.Optional("display_name", maxDisplayName), Labels: desk.Labels(f, "labels")}
	if stored != nil && stored.DisplayName != nil && in.DisplayName == nil {
		f.Reject("display_name", "appauth.provider_display_name_stays") // the contract's null is none
	}
	if stored == nil {
		var offered []string
		for _, t := range portico.ProviderTypes() {
			if p.Providers.Offers(t) {
				offered = append(offered, string(t))
			}
		}
		in.Type = portico.ProviderType(f.Choice("type", offered...))
	} else {
		in.Type = stored.Type
	}
	in.Issuer = f.URL("issuer", true, maxIssuer)
	if p.Providers.Offers(in.Type) {
		in.Fields = fieldsOf(in.Type)
	}
	in.Config = readConfig(f, in.Fields)
	token := f.Text("token", stored == nil && in.Type.NeedsSecret(), maxTokenOf(in.Type, in.Config))
	f.Values.Del("token")
	if in.Type.TakesSecret() {
		in.Token = secret.New(token)
	}
	if stored != nil && token == "" && in.Config.ServiceClientID != stored.Config.ServiceClientID {
		f.Reject("token", "appauth.token_for_other_client")
	}
	if in.Config.ServiceClientID != "" && token != "" {
		if _, err := oauth.NewClientSigner(in.Token); err != nil {
			f.Reject("token", "appauth.private_key_unusable")
		}
	}
	return in
}

func (p pages) createProvider(w http.ResponseWriter, v *desk.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	view := providerView{Form: f, MayEdit: true}
	in := p.readProvider(f, nil)
	return p.saveProvider(w, v, view, in, func() (desk.Answer, error) {
		made, err := p.Providers.Create(v.Context(), control.NewProvider{Name: in.Name, DisplayName: in.DisplayName, Type: in.Type, Issuer: in.Issuer, Config: in.Config, Secret: in.Token, Labels: in.Labels})
		return v.To(providersPath, "appauth.provider_created", "Name", made.Name), err
	})
}

// saveProvider does what the form says, or tests it, or shows it once more.
func (p pages) saveProvider(w http.ResponseWriter, v *desk.Visit, view providerView, in providerInput, do func() (desk.Answer, error)) error {
	if v.FormValue("view") == viewTest {
		return p.testProvider(w, v, view, in)
	}
	return v.Submit(desk.Task{
		Form: view.Form, Fields: formNames(), Calls: []desk.Call{in.call(view.Stored)}, Do: do,
		Show: func(status int, call templ.Component) error {
			view.Call = call
			return p.showProvider(w, v, status, view)
		},
	})
}

// testProvider asks the identity provider about what is filled in; nothing is
// saved. A name is not needed for it.
func (p pages) testProvider(w http.ResponseWriter, v *desk.Visit, view providerView, in providerInput) error {
	counts := []string{"issuer", "token"}
	for _, field := range in.Fields {
		counts = append(counts, field.name)
	}
	if slices.ContainsFunc(counts, func(name string) bool { return view.Form.Fault(name) != "" }) {
		return p.showProvider(w, v, http.StatusUnprocessableEntity, view)
	}
	view.Form.Faults = nil
	draft := doctor.Draft{Type: in.Type, Issuer: in.Issuer, Config: in.Config, Secret: in.Token}
	if view.Stored != nil {
		draft.ID = view.Stored.ID
	}
	check, err := p.Doctor.Try(v.Context(), draft)
	if portico.KindOf(err) == portico.KindInvalid {
		view.Form.Reject("token", "appauth.token_for_new_issuer")
		return p.showProvider(w, v, http.StatusUnprocessableEntity, view)
	}
	if err != nil {
		return err
	}
	view.Check = &check
	return p.showProvider(w, v, http.StatusOK, view)
}

// storedProvider gathers what the page of a stored provider shows.
func (p pages) storedProvider(v *desk.Visit) (providerView, error) {
	id := portico.ProviderID(v.PathValue("dcrProviderId"))
	stored, err := p.Providers.ByID(v.Context(), id)
	if err != nil {
		return providerView{}, err
	}
	view := providerView{Stored: &stored, MayEdit: v.May(access.Providers, access.Edit, string(id)), MayDrop: v.May(access.Providers, access.Delete, string(id))}
	view.Form = v.EmptyForm(url.Values{"name": {stored.Name}, "issuer": {stored.Issuer}, "type": {string(stored.Type)}, "labels": desk.LabelWords(stored.Labels)})
	if stored.DisplayName != nil {
		view.Form.Values.Set("display_name", *stored.DisplayName)
	}
	fillConfig(view.Form.Values, stored.Config)
	if view.Token, err = p.Providers.SecretStored(v.Context(), id); err != nil {
		return view, err
	}
	view.SetsUp = view.MayEdit && p.SetUp.Offers(stored.Provider)
	strategies, err := p.Strategies.List(v.Context(), portico.Everything(portico.Where("dcr_provider_id", id)))
	for _, s := range strategies.Items {
		if v.May(access.Strategies, access.View, string(s.ID)) {
			view.UsedBy = append(view.UsedBy, reference{s.Name, strategiesPath + "/" + string(s.ID)})
		} else {
			view.Hidden++
		}
	}
	return view, err
}

func (p pages) provider(w http.ResponseWriter, v *desk.Visit) error {
	view, err := p.storedProvider(v)
	if err != nil {
		return err
	}
	return p.showProvider(w, v, http.StatusOK, view)
}

func (p pages) updateProvider(w http.ResponseWriter, v *desk.Visit) error {
	view, err := p.storedProvider(v)
	if err != nil {
		return err
	}
	if view.Form, err = v.Form(); err != nil {
		return err
	}
	in := p.readProvider(view.Form, view.Stored)
	return p.saveProvider(w, v, view, in, func() (desk.Answer, error) {
		_, err := p.Providers.Update(v.Context(), view.Stored.ID, in.change(*view.Stored))
		return v.To(providersPath+"/"+string(view.Stored.ID), "appauth.provider_saved", "Name", in.Name), err
	})
}

// change is what makes a stored provider what the form says.
func (in providerInput) change(stored control.ProviderView) control.ProviderChange {
	ch := control.ProviderChange{Name: portico.Some(in.Name), Issuer: portico.Some(in.Issuer), Labels: desk.LabelChange(stored.Labels, in.Labels)}
	for _, field := range changed(in.Fields, in.Config, stored.Config) {
		field.change(&ch.Config, in.Config)
	}
	if in.DisplayName != nil {
		ch.DisplayName = portico.Some(*in.DisplayName)
	}
	if !in.Token.Empty() {
		ch.Secret = portico.Some(in.Token)
	}
	return ch
}

// call is the request that does what the form does.
func (in providerInput) call(stored *control.ProviderView) desk.Call {
	body := map[string]any{"name": in.Name, "issuer": in.Issuer}
	if in.DisplayName != nil {
		body["display_name"] = *in.DisplayName
	}
	if stored != nil {
		if labels := desk.LabelChange(stored.Labels, in.Labels); labels.Set {
			body["labels"] = labels.Value
		}
		config := configBody(changed(in.Fields, in.Config, stored.Config), in.Config)
		if !in.Token.Empty() {
			credentialBody(config, stored.Type, in.Config)
		}
		if len(config) > 0 {
			body["dcr_config"] = config
		}
		return desk.Call{Method: http.MethodPatch, Path: "/v2/dcr-providers/" + string(stored.ID), Body: body}
	}
	config := configBody(changed(in.Fields, in.Config, portico.ProviderConfig{}), in.Config)
	if in.Type.NeedsSecret() || !in.Token.Empty() {
		credentialBody(config, in.Type, in.Config)
	}
	body["provider_type"], body["dcr_config"] = in.Type, config
	if len(in.Labels) > 0 {
		body["labels"] = in.Labels
	}
	return desk.Call{Method: http.MethodPost, Path: "/v2/dcr-providers", Body: body}
}

func (p pages) deleteProviderForm(w http.ResponseWriter, v *desk.Visit) error {
	view, err := p.storedProvider(v)
	if err != nil {
		return err
	}
	return v.Render(w, http.StatusOK, v.T("appauth.delete_provider"), deleteProviderPage(view))
}

func (p pages) deleteProvider(w http.ResponseWriter, v *desk.Visit) error {
	view, err := p.storedProvider(v)
	if err != nil {
		return err
	}
	return v.Submit(desk.Task{
		Form: view.Form, Calls: []desk.Call{{Method: http.MethodDelete, Path: "/v2/dcr-providers/" + string(view.Stored.ID)}},
		Do: func() (desk.Answer, error) {
			return v.To(providersPath, "appauth.provider_deleted", "Name", view.Stored.Name), p.Providers.Delete(v.Context(), view.Stored.ID)
		},
		Show: func(status int, call templ.Component) error {
			view.Call = call
			return v.Render(w, status, v.T("appauth.delete_provider"), deleteProviderPage(view))
		},
	})
}
