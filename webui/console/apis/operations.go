package apis

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"portico"
	"portico/access"
	"portico/apipackages"
	"portico/control"
	"portico/routing"
	"portico/webui/design"
	"portico/webui/desk"
)

// operationsView is the tab with what a package holds.
type operationsView struct {
	desk.List
	API   api
	Items []apipackages.HeldOperation
	Total int
	Sees  func(portico.APIID) bool // may look at the API
}

func (p pages) operations(w http.ResponseWriter, v *desk.Visit, a api) error {
	view := operationsView{List: v.List("path", "method", "created_at"), API: a, Sees: sees(v)}
	found, err := p.Packages.Held(v.Context(), a.ID, view.Query(view.Contains("q", "path")))
	if err != nil {
		return err
	}
	view.Items, view.Total = found.Items, found.Total
	return v.Render(w, http.StatusOK, a.Name, operationsPage(view))
}

func sees(v *desk.Visit) func(portico.APIID) bool {
	return func(id portico.APIID) bool { return v.May(access.APIs, access.View, string(id)) }
}

// operationPath is the address of the pages of an operation that a package
// holds, or of one below.
func (a api) operationPath(id portico.OperationID, below string) string {
	return a.Path("/operations/" + string(id) + below)
}

// addView is the form that adds operations of other APIs to a package.
type addView struct {
	desk.List
	API     api
	Form    *desk.Form
	Sources []control.APIView // whose operations may be added
	Source  portico.APIID     // the one whose operations are offered
	Items   []apipackages.OperationView
	Total   int
	Held    map[portico.OperationID]bool
	Action  string // the form's address, with what is filtered
	Call    templ.Component
}

func (c addView) sourceOptions() []design.Option {
	var out []design.Option
	for _, s := range c.Sources {
		label := strings.TrimSpace(s.Name + " " + textOf(s.Version))
		out = append(out, design.Option{Value: string(s.ID), Label: label, Selected: s.ID == c.Source})
	}
	return out
}

// operationOptions are the operations to choose from.
func (c addView) operationOptions(held string) []design.Option {
	var out []design.Option
	for _, o := range c.Items {
		option := design.Option{Value: string(o.ID), Label: o.Key(), Text: cmp.Or(o.Summary, o.Name), Selected: c.Form.Has("operation", string(o.ID))}
		if c.Held[o.ID] {
			option.Selected, option.Disabled, option.Reason = true, true, held
		}
		out = append(out, option)
	}
	return out
}

// showAdd renders the form, with the operations of the API that was chosen. The
// visitor is offered those of APIs that a control plane guards and that he may
// look at.
func (p pages) showAdd(w http.ResponseWriter, v *desk.Visit, status int, view addView) error {
	view.List, view.Action = v.List("path", "method"), v.URL.RequestURI()
	q := portico.Everything(isPackage(false)...)
	q.Sort = []portico.Sort{{Field: "name"}}
	all, err := p.APIs.List(v.Context(), access.Visible(v.Context(), q, access.APIs, "id"))
	if err != nil {
		return err
	}
	view.Sources = slices.DeleteFunc(all.Items, func(a control.APIView) bool { return a.Mode != routing.ModeControlPlane })
	if len(view.Sources) > 0 {
		view.Source = view.Sources[0].ID
	}
	for _, s := range view.Sources {
		if string(s.ID) == view.Value("api") {
			view.Source = s.ID
		}
	}
	if view.Source != "" {
		found, err := p.Packages.Operations(v.Context(), view.Source, view.Query(view.Contains("q", "path")))
		if err != nil {
			return err
		}
		held, err := p.Packages.Held(v.Context(), view.API.ID, portico.Everything(portico.Where("api_id", view.Source)))
		if err != nil {
			return err
		}
		view.Items, view.Total, view.Held = found.Items, found.Total, map[portico.OperationID]bool{}
		for _, h := range held.Items {
			view.Held[h.Operation.ID] = true
		}
	}
	return v.Render(w, status, v.T("packages.add"), addPage(view))
}

func (p pages) addForm(w http.ResponseWriter, v *desk.Visit, a api) error {
	return p.showAdd(w, v, http.StatusOK, addView{API: a, Form: v.EmptyForm(nil)})
}

func (p pages) add(w http.ResponseWriter, v *desk.Visit, a api) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	view := addView{API: a, Form: f}
	limit := readLimit(f)
	var changes []apipackages.Change
	for _, id := range f.List("operation") {
		c := apipackages.Change{Verb: apipackages.Add, Operation: portico.OperationID(id)}
		if limit != nil {
			c.RateLimit = portico.Some(*limit)
		}
		changes = append(changes, c)
	}
	if len(changes) == 0 || len(changes) > apipackages.MaxChanges {
		f.Reject("operation", "packages.choose_operations", "Most", apipackages.MaxChanges)
	}
	fields := map[string]string{}
	for i := range changes {
		fields[fmt.Sprintf("body.%d.path", i)] = "operation"
	}
	return v.Submit(desk.Task{
		Form: f, Fields: fields, Calls: []desk.Call{changeCall(a, changes)},
		Do: func() (desk.Answer, error) {
			return v.To(a.Path("/operations"), "packages.added", "Package", a.Name), p.Packages.ChangeOperations(v.Context(), a.ID, changes, sees(v))
		},
		Show: func(status int, call templ.Component) error {
			view.Call = call
			return p.showAdd(w, v, status, view)
		},
	})
}

// changeCall is the request that makes changes to what a package holds.
func changeCall(a api, changes []apipackages.Change) desk.Call {
	body := []map[string]any{}
	for _, c := range changes {
		one := map[string]any{"op": string(c.Verb), "path": "operations/" + string(c.Operation)}
		if c.RateLimit.Set {
			one["value"] = map[string]any{"rate_limiting_config": c.RateLimit.Ptr()}
		}
		body = append(body, one)
	}
	return desk.Call{Method: http.MethodPatch, Path: a.Wire("/operations"), Body: body}
}

// limitView is the form of the limit of one operation.
type limitView struct {
	Form *desk.Form
	API  api
	Held apipackages.HeldOperation
	Call templ.Component
}

// heldOperation is the operation of the package that a page is about.
func (p pages) heldOperation(v *desk.Visit, a api) (apipackages.HeldOperation, error) {
	return p.Packages.HeldOne(v.Context(), a.ID, portico.OperationID(v.PathValue("operationId")))
}

func (p pages) limitForm(w http.ResponseWriter, v *desk.Visit, a api) error {
	held, err := p.heldOperation(v, a)
	if err != nil {
		return err
	}
	values := url.Values{}
	setLimit(values, held.Held.RateLimit)
	return v.Render(w, http.StatusOK, held.Operation.Key(), limitPage(limitView{Form: v.EmptyForm(values), API: a, Held: held}))
}

func (p pages) limit(w http.ResponseWriter, v *desk.Visit, a api) error {
	held, err := p.heldOperation(v, a)
	if err != nil {
		return err
	}
	view := limitView{API: a, Held: held}
	if view.Form, err = v.Form(); err != nil {
		return err
	}
	changes := []apipackages.Change{{Verb: apipackages.Replace, Operation: held.Operation.ID, RateLimit: limitChange(readLimit(view.Form))}}
	return v.Submit(desk.Task{
		Form: view.Form, Calls: []desk.Call{changeCall(a, changes)},
		Do: func() (desk.Answer, error) {
			return v.To(a.Path("/operations"), "packages.limit_saved", "Operation", held.Operation.Key()), p.Packages.ChangeOperations(v.Context(), a.ID, changes, sees(v))
		},
		Show: func(status int, call templ.Component) error {
			view.Call = call
			return v.Render(w, status, held.Operation.Key(), limitPage(view))
		},
	})
}

func (p pages) removeOperationForm(w http.ResponseWriter, v *desk.Visit, a api) error {
	held, err := p.heldOperation(v, a)
	if err != nil {
		return err
	}
	return v.Render(w, http.StatusOK, held.Operation.Key(), removeOperationPage(a, held, nil))
}

func (p pages) removeOperation(w http.ResponseWriter, v *desk.Visit, a api) error {
	held, err := p.heldOperation(v, a)
	if err != nil {
		return err
	}
	return v.Submit(desk.Task{
		Calls: []desk.Call{{Method: http.MethodDelete, Path: a.Wire("/operations/" + string(held.Operation.ID))}},
		Do: func() (desk.Answer, error) {
			return v.To(a.Path("/operations"), "packages.removed", "Operation", held.Operation.Key()), p.Packages.RemoveOperation(v.Context(), a.ID, held.Operation.ID)
		},
		Show: func(status int, call templ.Component) error {
			return v.Render(w, status, held.Operation.Key(), removeOperationPage(a, held, call))
		},
	})
}
