package people

import (
	"context"
	"net/http"
	"strings"
	"time"

	"portico"
	"portico/overview"
	"portico/webui/design"
	"portico/webui/desk"
	"portico/webui/i18n"
)

// queue is one kind of what waits for a decision.
type queue struct {
	path   string
	label  string // key of the tab's text
	kind   string // as the audit log names it
	field  string // what the search field looks at
	search string // key of that field's label
	action string // the management API's operation
	byAPI  bool   // somebody who may approve for an API alone may decide, too

	list func(ctx context.Context, q portico.ListQuery) (portico.Page[waiting], error)
	find func(ctx context.Context, id string) (waiting, error) // KindNotFound, also for what the visitor may not decide about
	// decide goes from one status to the next, or refuses: KindConflict.
	decide func(ctx context.Context, w waiting, now, next portico.Status, reason string) error
	// call is what decide is in the management API.
	call func(w waiting, next portico.Status) desk.Call
}

// waiting is an account or a registration that is to be decided about, as pages
// show it.
type waiting struct {
	ID        string
	Portal    portico.Portal
	Developer portico.Developer
	Status    portico.Status
	Since     time.Time
	Reason    string // of the last decision, for the developer
	Comment   string // the developer's, to whoever decides
	Hints     []hint
	Request   *overview.Request // nil: an account
}

// hint is something to think about before one decides.
type hint struct {
	tone  design.Tone
	label string
}

// Name is what the page is called.
func (w waiting) Name() string {
	if w.Request != nil {
		return w.Request.Application.Name
	}
	return w.Developer.FullName
}

func (p pages) developerQueue() queue {
	return queue{
		path: approvalsPath + "/developers", label: "people.tab_developers", kind: overview.KindDeveloper, field: "email", search: "people.find_email", action: "update-developer",
		list: func(ctx context.Context, q portico.ListQuery) (portico.Page[waiting], error) {
			return waitingOf(ctx, q, p.Overview.Applicants, waitingAccount)
		},
		find: func(ctx context.Context, id string) (waiting, error) {
			a, err := p.Overview.Applicant(ctx, portico.DeveloperID(id))
			return waitingAccount(ctx, a), err
		},
		decide: func(ctx context.Context, w waiting, now, next portico.Status, reason string) error {
			_, err := p.Developers.Decide(ctx, w.Portal.ID, w.Developer.ID, now, next, reason)
			return err
		},
		call: func(w waiting, next portico.Status) desk.Call { return developerCall(w.Developer, next) },
	}
}

func (p pages) registrationQueue() queue {
	return queue{
		path: approvalsPath + "/registrations", label: "people.tab_registrations", kind: overview.KindRegistration, field: "application_name", search: "people.find_application", action: "update-application-registration", byAPI: true,
		list: func(ctx context.Context, q portico.ListQuery) (portico.Page[waiting], error) {
			return waitingOf(ctx, q, p.Overview.Requests, waitingRequest)
		},
		find: func(ctx context.Context, id string) (waiting, error) {
			r, err := p.Overview.Request(ctx, portico.RegistrationID(id))
			return waitingRequest(ctx, r), err
		},
		decide: func(ctx context.Context, w waiting, now, next portico.Status, reason string) error {
			_, err := p.Registrations.Decide(ctx, portico.RegistrationID(w.ID), now, next, reason)
			return err
		},
		call: func(w waiting, next portico.Status) desk.Call { return registrationCall(w.Request.Registration, next) },
	}
}

// developerCall sets the status of an account.
func developerCall(d portico.Developer, next portico.Status) desk.Call {
	return desk.Call{Method: http.MethodPatch, Path: "/v3/portals/" + string(d.PortalID) + "/developers/" + string(d.ID), Body: map[string]any{"status": next}}
}

// registrationCall sets the status of a registration.
func registrationCall(r portico.Registration, next portico.Status) desk.Call {
	return desk.Call{Method: http.MethodPatch, Path: "/v3/portals/" + string(r.PortalID) + "/applications/" + string(r.ApplicationID) + "/registrations/" + string(r.ID), Body: map[string]any{"status": next}}
}

func waitingOf[T any](ctx context.Context, q portico.ListQuery, list func(context.Context, portico.ListQuery) (portico.Page[T], error), as func(context.Context, T) waiting) (portico.Page[waiting], error) {
	page, err := list(ctx, q)
	out := portico.Page[waiting]{Total: page.Total}
	for _, item := range page.Items {
		out.Items = append(out.Items, as(ctx, item))
	}
	return out, err
}

func waitingAccount(ctx context.Context, a overview.Applicant) waiting {
	w := waiting{ID: string(a.ID), Portal: a.Portal, Developer: a.Developer, Status: a.Status, Since: a.UpdatedAt, Reason: a.Reason}
	w.Hints = append(w.Hints, domainHint(ctx, a.Developer, a.NewDomain)...)
	if !a.EmailVerified {
		w.Hints = append(w.Hints, hint{design.Warn, i18n.T(ctx, "people.hint_unverified")})
	}
	return w
}

func waitingRequest(ctx context.Context, r overview.Request) waiting {
	w := waiting{ID: string(r.ID), Portal: r.Portal, Developer: r.Developer, Status: r.Status, Since: r.UpdatedAt, Reason: r.Reason, Comment: r.Comment, Request: &r}
	w.Hints = append(w.Hints, domainHint(ctx, r.Developer, r.NewDomain)...)
	if r.Developer.Status != portico.Approved {
		w.Hints = append(w.Hints, hint{design.Bad, i18n.T(ctx, "people.hint_developer")})
	}
	return w
}

func domainHint(ctx context.Context, d portico.Developer, isNew bool) []hint {
	if !isNew {
		return nil
	}
	_, domain, _ := strings.Cut(d.Email, "@")
	return []hint{{design.Warn, i18n.T(ctx, "people.hint_domain", "Domain", domain)}}
}
