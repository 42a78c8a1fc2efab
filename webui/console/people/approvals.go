package people

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"portico"
	"portico/access"
	"portico/overview"
	"portico/webui/design"
	"portico/webui/desk"
	"portico/webui/i18n"
)

const (
	// undoFor is how long the page offers to undo an approval.
	undoFor = 10 * time.Second
	// lastDecisions is how many are told of where nothing waits.
	lastDecisions = 5
	// maxReason is how many characters a reason may have.
	maxReason = 500
)

// queueView is the list of what waits.
type queueView struct {
	desk.List
	queue
	Tabs      []design.Tab
	Portals   []design.Option // fewer than three: there is nothing to choose
	Items     []waiting
	Total     int
	Form      *desk.Form
	Approved  []waiting // what was approved a moment ago and can be undone
	Conflicts []string  // what could not be decided, as somebody else was faster
	Decisions []overview.Decision
	Now       time.Time
}

// approvals leads to the queue in which something waits.
func (p pages) approvals(_ http.ResponseWriter, v *desk.Visit) error {
	w, err := p.Overview.Waiting(v.Context())
	if err != nil {
		return err
	}
	if !v.Grants().Somewhere(access.Portals, access.Approve) || w.Developers == 0 && w.Registrations > 0 {
		return v.Redirect(p.registrationQueue().path)
	}
	return v.Redirect(p.developerQueue().path)
}

func (p pages) showQueue(q queue) desk.Handler {
	return func(w http.ResponseWriter, v *desk.Visit) error {
		view := queueView{Form: v.EmptyForm(nil)}
		for _, id := range p.fewIDs(strings.Split(v.URL.Query().Get("approved"), ",")) {
			item, err := q.find(v.Context(), id)
			if err == nil && item.Status == portico.Approved && p.Now().Sub(item.Since) < undoFor {
				view.Approved = append(view.Approved, item)
			} else if err != nil && portico.KindOf(err) != portico.KindNotFound {
				return err
			}
		}
		return p.renderQueue(w, v, q, http.StatusOK, view)
	}
}

// fewIDs keeps an address or a form from naming more than a page has.
func (p pages) fewIDs(ids []string) []string {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == "" || strings.ContainsRune(id, 0) })
	slices.Sort(ids)
	ids = slices.Compact(ids)
	return ids[:min(len(ids), desk.PerPage)]
}

func (p pages) renderQueue(w http.ResponseWriter, v *desk.Visit, q queue, status int, view queueView) error {
	view.List, view.queue, view.Now = v.List("updated_at"), q, p.Now()
	found, err := q.list(v.Context(), view.Query(view.Contains("q", q.field), view.Equal("portal_id")))
	if err != nil {
		return err
	}
	view.Items, view.Total = found.Items, found.Total
	if view.Portals, err = p.portalOptions(v, view.Value("portal_id")); err != nil {
		return err
	}
	if view.Total == 0 {
		if view.Decisions, err = p.Overview.Decisions(v.Context(), lastDecisions); err != nil {
			return err
		}
	}
	waits, err := p.Overview.Waiting(v.Context())
	if err != nil {
		return err
	}
	if v.Grants().Somewhere(access.Portals, access.Approve) {
		view.Tabs = append(view.Tabs, tab(v, p.developerQueue(), q.path, waits.Developers))
	}
	view.Tabs = append(view.Tabs, tab(v, p.registrationQueue(), q.path, waits.Registrations))
	return v.Render(w, status, v.T("people.approvals"), queuePage(view), desk.Module(design.AssetURL("js/queue.js")))
}

func tab(v *desk.Visit, q queue, current string, count int) design.Tab {
	return design.Tab{Href: q.path, Label: v.T(q.label), Count: strconv.Itoa(count), Current: q.path == current}
}

// decideSelected approves one item by its own button, or approves or rejects
// those that are selected.
func (p pages) decideSelected(q queue) desk.Handler {
	return func(w http.ResponseWriter, v *desk.Visit) error {
		f, err := v.Form()
		if err != nil {
			return err
		}
		ids, next := p.fewIDs(f.Values["id"]), portico.Approved
		if one := f.Value("approve"); one != "" {
			ids = p.fewIDs([]string{one})
		} else {
			next = portico.Status(f.Choice("decision", string(portico.Approved), string(portico.Rejected)))
		}
		reason := ""
		if next == portico.Rejected && !v.WantsCall() {
			reason = f.Text("reason", true, maxReason)
		}
		if len(ids) == 0 {
			f.Reject("id", "people.select_some")
		}
		if !f.OK() {
			return p.renderQueue(w, v, q, http.StatusUnprocessableEntity, queueView{Form: f})
		}
		if v.WantsCall() {
			return p.showCalls(w, v, q, ids, next)
		}
		return p.decideAll(w, v, q, ids, next, reason)
	}
}

// showCalls shows what decides about each.
func (p pages) showCalls(w http.ResponseWriter, v *desk.Visit, q queue, ids []string, next portico.Status) error {
	var calls []desk.Call
	for _, id := range ids {
		item, err := q.find(v.Context(), id)
		if err != nil {
			return err
		}
		calls = append(calls, q.call(item, next))
	}
	return v.ShowCall(w, q.path, calls...)
}

// decideAll decides about each by itself: what somebody else was faster with is
// told, the rest is done.
func (p pages) decideAll(w http.ResponseWriter, v *desk.Visit, q queue, ids []string, next portico.Status, reason string) error {
	view := queueView{Form: v.EmptyForm(nil)}
	var done []string
	for _, id := range ids {
		item, err := q.find(v.Context(), id)
		if err == nil {
			err = q.decide(v.Context(), item, portico.Pending, next, reason)
		}
		switch portico.KindOf(err) {
		case portico.KindConflict:
			text, err := p.conflict(v, q, item)
			if err != nil {
				return err
			}
			view.Conflicts = append(view.Conflicts, text)
			continue
		case portico.KindNotFound:
			view.Conflicts = append(view.Conflicts, v.T("people.conflict_gone"))
			continue
		}
		if err != nil {
			return err
		}
		done = append(done, id)
		if item, err = q.find(v.Context(), id); err == nil && next == portico.Approved {
			view.Approved = append(view.Approved, item)
		}
	}
	if len(view.Conflicts) > 0 {
		return p.renderQueue(w, v, q, http.StatusConflict, view)
	}
	if next == portico.Approved {
		return v.Redirect(q.path + "?" + url.Values{"approved": {strings.Join(done, ",")}}.Encode())
	}
	v.Flash("people.rejected", "N", len(done))
	return v.Redirect(q.path)
}

// conflict says who has decided already.
func (p pages) conflict(v *desk.Visit, q queue, item waiting) (string, error) {
	history, err := p.Overview.History(v.Context(), q.kind, item.ID)
	if err != nil || len(history) == 0 {
		return v.T("people.conflict", "Name", item.Name()), err
	}
	last := history[0]
	return v.T("people.conflict_by", "Name", item.Name(), "Status", v.T("design.status."+string(last.Status)), "By", last.By.Name, "When", i18n.Relative(v.Context(), last.At, p.Now())), nil
}

// undo makes what was approved wait again.
func (p pages) undo(q queue) desk.Handler {
	return func(w http.ResponseWriter, v *desk.Visit) error {
		f, err := v.Form()
		if err != nil {
			return err
		}
		view := queueView{Form: v.EmptyForm(nil)}
		n := 0
		for _, id := range p.fewIDs(f.Values["id"]) {
			item, err := q.find(v.Context(), id)
			if err == nil {
				err = q.decide(v.Context(), item, portico.Approved, portico.Pending, "")
			}
			switch {
			case err == nil:
				n++
			case portico.KindOf(err) == portico.KindConflict:
				text, err := p.conflict(v, q, item)
				if err != nil {
					return err
				}
				view.Conflicts = append(view.Conflicts, text)
			default:
				return err
			}
		}
		if len(view.Conflicts) > 0 {
			return p.renderQueue(w, v, q, http.StatusConflict, view)
		}
		v.Flash("people.undone", "N", n)
		return v.Redirect(q.path)
	}
}

// waitingView is one item with its history.
type waitingView struct {
	queue
	Item    waiting
	History []overview.Decision
	Form    *desk.Form
	Call    templ.Component // nil: it was not asked for
	Now     time.Time
}

func (p pages) showWaiting(q queue) desk.Handler {
	return func(w http.ResponseWriter, v *desk.Visit) error {
		item, err := q.find(v.Context(), v.PathValue("id"))
		if err != nil {
			return err
		}
		return p.renderWaiting(w, v, http.StatusOK, waitingView{queue: q, Item: item, Form: v.EmptyForm(nil)})
	}
}

func (p pages) renderWaiting(w http.ResponseWriter, v *desk.Visit, status int, view waitingView) (err error) {
	view.Now = p.Now()
	if view.History, err = p.Overview.History(v.Context(), view.kind, view.Item.ID); err != nil {
		return err
	}
	return v.Render(w, status, view.Item.Name(), waitingPage(view), desk.Module(design.AssetURL("js/queue.js")))
}

// decideOne approves or rejects what waits, or gives another status to what was
// decided. The form knows the status it was shown with, so that nobody undoes
// what somebody else has just decided.
func (p pages) decideOne(q queue) desk.Handler {
	return func(w http.ResponseWriter, v *desk.Visit) error {
		item, err := q.find(v.Context(), v.PathValue("id"))
		if err != nil {
			return err
		}
		f, err := v.Form()
		if err != nil {
			return err
		}
		view := waitingView{queue: q, Item: item, Form: f}
		now, next := portico.Status(f.Choice("now", statuses()...)), portico.Status(f.Choice("decision", statuses()...))
		reason := f.Text("reason", next == portico.Rejected || next == portico.Revoked, maxReason)
		return v.Submit(desk.Task{
			Form: f, Calls: []desk.Call{q.call(item, next)},
			Do: func() (desk.Answer, error) {
				if now == portico.Pending {
					return func() error { return p.decideAll(w, v, q, []string{item.ID}, next, reason) }, nil
				}
				return v.To(q.path+"/"+item.ID, "people.status_saved", "Name", item.Name()), q.decide(v.Context(), item, now, next, reason)
			},
			Show: func(status int, call templ.Component) error {
				view.Call = call
				return p.renderWaiting(w, v, status, view)
			},
		})
	}
}

func statuses() []string {
	var out []string
	for _, s := range portico.Statuses() {
		out = append(out, string(s))
	}
	return out
}

// statusOptions are the statuses that something can have, with what each means.
func statusOptions(ctx context.Context, w waitingView) []design.Option {
	chosen := w.Form.Value("decision")
	if chosen == "" {
		chosen = string(w.Item.Status)
	}
	var out []design.Option
	for _, s := range statuses() {
		out = append(out, design.Option{Value: s, Label: i18n.T(ctx, "design.status."+s), Text: i18n.T(ctx, "people.status_"+w.kind+"_"+s), Selected: s == chosen})
	}
	return out
}
