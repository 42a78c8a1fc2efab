package apis

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"portico"
	"portico/control"
	"portico/openapi"
	"portico/webui/desk"
)

// specificationView is the tab with the versions.
type specificationView struct {
	API      api
	Versions []portico.Version // newest first, without their documents
}

// newestFirst are the API's versions as pages show them.
func (a api) newestFirst() []portico.Version {
	out := slices.Clone(a.Versions)
	slices.Reverse(out)
	return out
}

// IsCurrent says whether portals show a version unless another one is asked for.
func (a api) IsCurrent(v portico.Version) bool { return a.Current != nil && a.Current.ID == v.ID }

func (p pages) specification(w http.ResponseWriter, v *desk.Visit, a api) error {
	return v.Render(w, http.StatusOK, a.Name, specificationPage(specificationView{a, a.newestFirst()}))
}

// versionView is a version with its document and how it differs from the one
// before.
type versionView struct {
	API        api
	Version    portico.Version
	Before     *portico.Version // nil: it is the first
	Difference openapi.Difference
	Operations int
}

// maxShown is how many bytes of a document a page shows; the rest is downloaded.
const maxShown = 60_000

// Shown is the beginning of the document, and whether that is not all.
func (c versionView) Shown() (text string, cut bool) {
	if len(c.Version.Content) <= maxShown {
		return c.Version.Content, false
	}
	return strings.ToValidUTF8(c.Version.Content[:maxShown], ""), true
}

func (p pages) version(w http.ResponseWriter, v *desk.Visit, a api) error {
	version, err := p.APIs.Version(v.Context(), a.ID, portico.VersionID(v.PathValue("versionId")))
	if err != nil {
		return err
	}
	view := versionView{API: a, Version: version, Operations: len(openapi.Operations([]byte(version.Content)))}
	if i := slices.IndexFunc(a.Versions, func(other portico.Version) bool { return other.ID == version.ID }); i > 0 {
		before, err := p.APIs.Version(v.Context(), a.ID, a.Versions[i-1].ID)
		if err != nil {
			return err
		}
		view.Before, view.Difference = &before, openapi.Compare([]byte(before.Content), []byte(version.Content))
	}
	return v.Render(w, http.StatusOK, a.Name, versionPage(view))
}

// content is the document as a file.
func (p pages) content(w http.ResponseWriter, v *desk.Visit, a api) error {
	version, err := p.APIs.Version(v.Context(), a.ID, portico.VersionID(v.PathValue("versionId")))
	if err != nil {
		return err
	}
	download(w, version.Content)
	return nil
}

// download answers with a specification as a file.
func download(w http.ResponseWriter, document string) {
	name := "specification.yaml"
	if strings.HasPrefix(strings.TrimSpace(document), "{") {
		name = "specification.json"
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	_, _ = w.Write([]byte(document)) // fails only when the visitor has left
}

// versionForm is the form of a new version, or of one that is there.
type versionForm struct {
	Form       *desk.Form
	API        api
	Version    *portico.Version // nil: a new one
	Checked    bool             // the document was looked at: Messages and Difference say what was found
	Messages   []string
	Difference openapi.Difference
	Before     string // what Difference compares with; empty: nothing
	Call       templ.Component
}

func (c versionForm) path() string {
	if c.Version == nil {
		return c.API.Path("/specification/new")
	}
	return c.API.Path("/specification/" + string(c.Version.ID) + "/edit")
}

// viewCheck is the button that looks at the document without keeping it.
const viewCheck = "check"

func (p pages) newVersion(w http.ResponseWriter, v *desk.Visit, a api) error {
	return p.showVersionForm(w, v, http.StatusOK, versionForm{Form: v.EmptyForm(nil), API: a})
}

func (p pages) showVersionForm(w http.ResponseWriter, v *desk.Visit, status int, view versionForm) error {
	return v.Render(w, status, view.API.Name, versionFormPage(view))
}

func (p pages) editVersion(w http.ResponseWriter, v *desk.Visit, a api) error {
	version, err := p.APIs.Version(v.Context(), a.ID, portico.VersionID(v.PathValue("versionId")))
	if err != nil {
		return err
	}
	form := v.EmptyForm(url.Values{"version": {version.Version}, "content": {version.Content}})
	return p.showVersionForm(w, v, http.StatusOK, versionForm{Form: form, API: a, Version: &version})
}

func (p pages) createVersion(w http.ResponseWriter, v *desk.Visit, a api) error {
	return p.saveVersion(w, v, versionForm{API: a})
}

func (p pages) updateVersion(w http.ResponseWriter, v *desk.Visit, a api) error {
	version, err := p.APIs.Version(v.Context(), a.ID, portico.VersionID(v.PathValue("versionId")))
	if err != nil {
		return err
	}
	return p.saveVersion(w, v, versionForm{API: a, Version: &version})
}

// saveVersion does what the form says, or shows it once more.
func (p pages) saveVersion(w http.ResponseWriter, v *desk.Visit, view versionForm) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	view.Form = f
	name, document := f.Text("version", view.Version != nil, maxVersion), readSpecification(f)
	if document == "" {
		f.Reject("content", "apis.choose_document")
	}
	if v.FormValue("view") == viewCheck && document != "" {
		return p.checkVersion(w, v, view, document)
	}
	return v.Submit(desk.Task{
		Form: f, Calls: []desk.Call{versionCall(view, name, document)},
		Do: func() (desk.Answer, error) {
			var saved portico.Version
			if view.Version == nil {
				saved, err = p.APIs.CreateVersion(v.Context(), view.API.ID, control.NewVersion{Version: name, Content: document}, "content")
			} else {
				saved, err = p.APIs.UpdateVersion(v.Context(), view.API.ID, view.Version.ID, control.VersionChange{Version: portico.Some(name), Content: portico.Some(document)}, "content", false)
			}
			return v.To(view.API.Path("/specification/"+string(saved.ID)), "apis.version_saved", "Version", saved.Version), err
		},
		Show: func(status int, call templ.Component) error {
			view.Call = call
			return p.showVersionForm(w, v, status, view)
		},
	})
}

// checkVersion tells what would be found if the document were kept.
func (p pages) checkVersion(w http.ResponseWriter, v *desk.Visit, view versionForm, document string) error {
	view.Form.Faults = nil
	found, err := p.APIs.Validate(document)
	if err != nil {
		status, err := v.Refused(view.Form, err, nil)
		if err != nil {
			return err
		}
		return p.showVersionForm(w, v, status, view)
	}
	view.Checked, view.Messages = true, found.Messages
	before := view.API.Current
	if view.Version != nil {
		before = view.Version
	}
	if before != nil {
		stored, err := p.APIs.Version(v.Context(), view.API.ID, before.ID)
		if err != nil {
			return err
		}
		view.Before, view.Difference = stored.Version, openapi.Compare([]byte(stored.Content), []byte(document))
	}
	return p.showVersionForm(w, v, http.StatusOK, view)
}

// versionCall is the request that does what the form does.
func versionCall(view versionForm, name, document string) desk.Call {
	body := map[string]any{"spec": map[string]string{"content": document}}
	if name != "" {
		body["version"] = name
	}
	if view.Version == nil {
		return desk.Call{Method: http.MethodPost, Path: view.API.Wire("/versions"), Body: body}
	}
	return desk.Call{Method: http.MethodPatch, Path: view.API.Wire("/versions/" + string(view.Version.ID)), Body: body}
}

func (p pages) deleteVersionForm(w http.ResponseWriter, v *desk.Visit, a api) error {
	version, err := p.APIs.Version(v.Context(), a.ID, portico.VersionID(v.PathValue("versionId")))
	if err != nil {
		return err
	}
	return v.Render(w, http.StatusOK, a.Name, deleteVersionPage(a, version, nil))
}

func (p pages) deleteVersion(w http.ResponseWriter, v *desk.Visit, a api) error {
	version, err := p.APIs.Version(v.Context(), a.ID, portico.VersionID(v.PathValue("versionId")))
	if err != nil {
		return err
	}
	return v.Submit(desk.Task{
		Calls: []desk.Call{{Method: http.MethodDelete, Path: a.Wire("/versions/" + string(version.ID))}},
		Do: func() (desk.Answer, error) {
			return v.To(a.Path("/specification"), "apis.version_deleted", "Version", version.Version), p.APIs.DeleteVersion(v.Context(), a.ID, version.ID)
		},
		Show: func(status int, call templ.Component) error {
			return v.Render(w, status, a.Name, deleteVersionPage(a, version, call))
		},
	})
}
