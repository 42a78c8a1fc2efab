package apis

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/a-h/templ"

	"portico"
	"portico/content"
	"portico/control"
	"portico/httpkit"
	"portico/openapi"
	"portico/webui/desk"
)

// The contract's limits.
const (
	maxName           = 255
	maxVersion        = 255
	maxSlug           = 255
	maxDescription    = 100_000
	maxAttributeLines = 100_000
	maxValues         = 20
	maxValue          = 512
	maxImage          = 1 << 20
)

// The contract's patterns.
var (
	slugPattern  = regexp.MustCompile(`^[\w-]+$`)
	attributeKey = regexp.MustCompile(`^[a-z0-9_-]{0,128}$`)
)

// apiForm is the form of a new API or package, or of one that is there.
type apiForm struct {
	Form    *desk.Form
	API     *api // nil: a new one
	Package bool
	Image   bool // the API has one
	Call    templ.Component
}

// home is where the list is that the API stands in.
func (f apiForm) home() string {
	if f.Package {
		return "/packages"
	}
	return "/apis"
}

func (f apiForm) path() string {
	if f.API == nil {
		return f.home() + "/new"
	}
	return f.API.Path("")
}

// title is that of the form for a new one.
func (f apiForm) title(v func(key string, args ...any) string) string {
	if f.Package {
		return v("packages.new")
	}
	return v("apis.new")
}

// apiInput is what the form says. A nil text is left empty.
type apiInput struct {
	Name                       string
	Version, Description, Slug *string
	Labels                     map[string]string
	Attributes                 map[string][]string
	RateLimit                  *portico.RateLimit // of a package; nil: none
}

func readAPI(f *desk.Form) apiInput {
	in := apiInput{
		Name: f.Text("name", true, maxName), Version: f.Optional("version", maxVersion), Description: f.Optional("description", maxDescription),
		Slug: f.Optional("slug", maxSlug), Labels: desk.Labels(f, "labels"), Attributes: readAttributes(f), RateLimit: readLimit(f),
	}
	if in.Slug != nil && !slugPattern.MatchString(*in.Slug) {
		f.Reject("slug", "apis.bad_slug")
	}
	return in
}

// readAttributes reads a line for each attribute: its key, a colon, its values
// with commas between them.
func readAttributes(f *desk.Form) map[string][]string {
	out := map[string][]string{}
	for line := range strings.Lines(f.Text("attributes", false, maxAttributeLines)) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		key, rest, _ := strings.Cut(line, ":")
		var values []string
		for value := range strings.SplitSeq(rest, ",") {
			if value = strings.TrimSpace(value); value != "" && !slices.Contains(values, value) {
				values = append(values, value)
			}
		}
		tooLong := func(value string) bool {
			return utf8.RuneCountInString(value) > maxValue || strings.ContainsAny(value, "<>")
		}
		key = strings.TrimSpace(key)
		if _, twice := out[key]; twice || !attributeKey.MatchString(key) || len(values) == 0 || len(values) > maxValues || slices.ContainsFunc(values, tooLong) {
			f.Reject("attributes", "apis.bad_attribute", "Line", line)
		}
		out[key] = values
	}
	return out
}

func (p pages) newAPI(pack bool) desk.Handler {
	return func(w http.ResponseWriter, v *desk.Visit) error {
		return p.showNew(w, v, http.StatusOK, apiForm{Form: v.EmptyForm(nil), Package: pack})
	}
}

func (p pages) showNew(w http.ResponseWriter, v *desk.Visit, status int, view apiForm) error {
	return v.Render(w, status, view.title(v.T), newAPIPage(view))
}

func (p pages) create(pack bool) desk.Handler {
	return func(w http.ResponseWriter, v *desk.Visit) error { return p.createFrom(w, v, apiForm{Package: pack}) }
}

// createFrom makes an API or a package from the form of a new one.
func (p pages) createFrom(w http.ResponseWriter, v *desk.Visit, view apiForm) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	view.Form = f
	in := readAPI(f)
	specification := readSpecification(f)
	return v.Submit(desk.Task{
		Form: f, Fields: map[string]string{"spec_content": "content"}, Calls: []desk.Call{createCall(view.Package, in, specification)},
		Do: func() (desk.Answer, error) {
			wish := control.NewAPI{IsPackage: view.Package, RateLimit: in.RateLimit, Name: in.Name, Version: in.Version, Description: in.Description, Slug: in.Slug, Labels: in.Labels, Attributes: in.Attributes}
			if specification != "" {
				wish.Specification = &specification
			}
			made, err := p.APIs.Create(v.Context(), wish)
			return v.To(api{APIView: made}.Path(""), "apis.created", "Name", made.Name), err
		},
		Show: func(status int, call templ.Component) error {
			view.Call = call
			return p.showNew(w, v, status, view)
		},
	})
}

// createCall is the request that does what the form of a new API does, or of a
// new package.
func createCall(pack bool, in apiInput, specification string) desk.Call {
	body := map[string]any{"name": in.Name}
	for name, value := range map[string]*string{"version": in.Version, "description": in.Description, "slug": in.Slug} {
		if value != nil {
			body[name] = *value
		}
	}
	if len(in.Labels) > 0 {
		body["labels"] = in.Labels
	}
	if len(in.Attributes) > 0 {
		body["attributes"] = in.Attributes
	}
	if specification != "" {
		body["spec_content"] = specification
	}
	if pack {
		body["rate_limiting_config"] = in.RateLimit
		return desk.Call{Method: http.MethodPost, Path: "/v3/api-packages", Body: body}
	}
	return desk.Call{Method: http.MethodPost, Path: "/v3/apis", Body: body}
}

// readSpecification reads the document: a file if one was chosen, or else what
// was pasted.
func readSpecification(f *desk.Form) string {
	text := f.Value("content")
	if _, data := f.File("file", openapi.MaxSize); data != nil {
		text = string(data)
		f.Values.Set("content", text)
	}
	if strings.TrimSpace(text) == "" {
		return ""
	}
	return text
}

// valuesOf fills in the form of an API.
func valuesOf(a api) url.Values {
	values := url.Values{
		"name": {a.Name}, "version": {textOf(a.Version)}, "description": {textOf(a.Description)}, "slug": {a.Slug},
		"labels": desk.LabelWords(a.Labels), "attributes": {attributeLines(a.Attributes)},
	}
	setLimit(values, a.RateLimit)
	return values
}

func (p pages) overview(w http.ResponseWriter, v *desk.Visit, a api) error {
	return p.showOverview(w, v, http.StatusOK, apiForm{Form: v.EmptyForm(valuesOf(a)), API: &a, Package: a.IsPackage})
}

func (p pages) showOverview(w http.ResponseWriter, v *desk.Visit, status int, view apiForm) error {
	_, err := p.Content.Images.Get(v.Context(), content.OfAPI(view.API.ID), portico.AssetIcon)
	if err != nil && portico.KindOf(err) != portico.KindNotFound {
		return err
	}
	view.Image = err == nil
	return v.Render(w, status, view.API.Name, overviewPage(view))
}

func (p pages) update(w http.ResponseWriter, v *desk.Visit, a api) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	view := apiForm{Form: f, API: &a, Package: a.IsPackage}
	in := readAPI(f)
	return v.Submit(desk.Task{
		Form: f, Calls: []desk.Call{in.updateCall(a)},
		Do: func() (desk.Answer, error) {
			_, err := p.APIs.Update(v.Context(), a.ID, in.change(a), a.IsPackage)
			return v.To(a.Path(""), "apis.saved", "Name", in.Name), err
		},
		Show: func(status int, call templ.Component) error {
			view.Call = call
			return p.showOverview(w, v, status, view)
		},
	})
}

// nullable is a text that is taken away where it is left empty.
func nullable(text *string) portico.Opt[string] {
	if text == nil {
		return portico.Opt[string]{Set: true, Null: true}
	}
	return portico.Some(*text)
}

// change is what makes an API what the form says.
func (in apiInput) change(a api) control.APIChange {
	ch := control.APIChange{
		Name: portico.Some(in.Name), Version: nullable(in.Version), Description: nullable(in.Description), Slug: nullable(in.Slug),
		Labels: desk.LabelChange(a.Labels, in.Labels), Attributes: attributeChange(a.Attributes, in.Attributes),
	}
	if a.IsPackage {
		ch.RateLimit = limitChange(in.RateLimit)
	}
	return ch
}

// attributeChange is what makes one set of attributes another; nil values take
// one away.
func attributeChange(from, to map[string][]string) portico.Opt[map[string]*[]string] {
	change := map[string]*[]string{}
	for key := range from {
		if _, stays := to[key]; !stays {
			change[key] = nil
		}
	}
	for key, values := range to {
		if !slices.Equal(from[key], values) {
			change[key] = &values
		}
	}
	return portico.Opt[map[string]*[]string]{Set: len(change) > 0, Value: change}
}

func (in apiInput) updateCall(a api) desk.Call {
	body := map[string]any{"name": in.Name, "version": in.Version, "description": in.Description, "slug": in.Slug}
	ch := in.change(a)
	if ch.Labels.Set {
		body["labels"] = ch.Labels.Value
	}
	if ch.Attributes.Set {
		body["attributes"] = ch.Attributes.Value
	}
	if ch.RateLimit.Set {
		body["rate_limiting_config"] = in.RateLimit
	}
	return desk.Call{Method: http.MethodPatch, Path: a.Wire(""), Body: body}
}

func deleteTitle(v func(key string, args ...any) string, a api) string {
	if a.IsPackage {
		return v("packages.delete_title")
	}
	return v("apis.delete_title")
}

func (p pages) deleteForm(w http.ResponseWriter, v *desk.Visit, a api) error {
	return v.Render(w, http.StatusOK, deleteTitle(v.T, a), deletePage(a, deleteTitle(v.T, a), nil))
}

func (p pages) remove(w http.ResponseWriter, v *desk.Visit, a api) error {
	return v.Submit(desk.Task{
		Calls: []desk.Call{{Method: http.MethodDelete, Path: a.Wire("")}},
		Do: func() (desk.Answer, error) {
			return v.To(apiForm{Package: a.IsPackage}.home(), "apis.deleted", "Name", a.Name), p.APIs.Delete(v.Context(), a.ID)
		},
		Show: func(status int, call templ.Component) error {
			return v.Render(w, status, deleteTitle(v.T, a), deletePage(a, deleteTitle(v.T, a), call))
		},
	})
}

func (p pages) image(w http.ResponseWriter, v *desk.Visit, a api) error {
	image, err := p.Content.Images.Get(v.Context(), content.OfAPI(a.ID), portico.AssetIcon)
	if err != nil {
		return err
	}
	return httpkit.Image(w, v.Request, image.MediaType, image.UpdatedAt, image.Data)
}

func (p pages) putImage(w http.ResponseWriter, v *desk.Visit, a api) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	media, data := f.File("image", maxImage)
	uri := "data:" + media + ";base64," + base64.StdEncoding.EncodeToString(data)
	if data == nil && f.OK() {
		f.Reject("image", "apis.choose_image")
		uri = desk.Variable("IMAGE")
	}
	f.Values = valuesOf(a) // the other form of the page
	return v.Submit(desk.Task{
		Form: f, Fields: map[string]string{"data": "image"}, Calls: []desk.Call{{Method: http.MethodPut, Path: a.Wire(imagePath), Body: map[string]string{"data": uri}}},
		Do: func() (desk.Answer, error) {
			_, _, err := p.Content.Images.Put(v.Context(), content.OfAPI(a.ID), portico.AssetIcon, uri)
			return v.To(a.Path(""), "apis.image_saved"), err
		},
		Show: func(status int, call templ.Component) error {
			return p.showOverview(w, v, status, apiForm{Form: f, API: &a, Package: a.IsPackage, Call: call})
		},
	})
}

// imagePath is where an API's image is in the management API.
const imagePath = "/images/icon"

func (p pages) removeImage(w http.ResponseWriter, v *desk.Visit, a api) error {
	return v.Submit(desk.Task{
		Calls: []desk.Call{{Method: http.MethodDelete, Path: a.Wire(imagePath)}},
		Do: func() (desk.Answer, error) {
			return v.To(a.Path(""), "apis.image_removed"), p.Content.Images.Delete(v.Context(), content.OfAPI(a.ID), portico.AssetIcon)
		},
		Show: func(status int, call templ.Component) error {
			return p.showOverview(w, v, status, apiForm{Form: v.EmptyForm(valuesOf(a)), API: &a, Package: a.IsPackage, Call: call})
		},
	})
}
