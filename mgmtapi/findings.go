package mgmtapi

import (
	"net/http"

	"portico"
	"portico/httpkit"
	"portico/inventory"
)

// maxActions is how many findings one request may speak of.
const maxActions = 100

// inventoryView is how the clients at a DCR provider compare with the
// applications. The contract has nothing of the kind.
type inventoryView struct {
	CheckedAt  *httpkit.Timestamp `json:"checked_at"` // null: nobody has looked yet
	LastError  string             `json:"last_error,omitempty"`
	Clients    int64              `json:"clients"`
	Foreign    int64              `json:"foreign_clients"`
	Unreadable int64              `json:"unreadable_clients"`
	NotVisible []string           `json:"not_visible"`
	Findings   []findingView      `json:"findings"`
}

type findingView struct {
	ID            string                  `json:"id"`
	Kind          portico.FindingKind     `json:"kind"`
	ClientID      string                  `json:"client_id"`
	ExternalID    string                  `json:"external_id,omitempty"`
	ApplicationID portico.ApplicationID   `json:"application_id"`
	Name          string                  `json:"name"`
	Fields        []driftView             `json:"fields"`
	Actions       []portico.FindingAction `json:"actions"`
	Ignored       *ignoredView            `json:"ignored"`
}

type driftView struct {
	Name      string   `json:"name"`
	Ours      []string `json:"ours"`
	Theirs    []string `json:"theirs"`
	Adoptable bool     `json:"adoptable"`
}

type ignoredView struct {
	By string            `json:"by"`
	At httpkit.Timestamp `json:"at"`
}

func viewInventory(v inventory.View) inventoryView {
	out := inventoryView{LastError: v.LastError, Clients: v.Clients, Foreign: v.Foreign, Unreadable: v.Unreadable,
		NotVisible: append([]string{}, v.Unseen...), Findings: []findingView{}}
	if v.CheckedAt != nil {
		out.CheckedAt = new(httpkit.Timestamp(*v.CheckedAt))
	}
	for _, f := range v.Findings {
		view := findingView{ID: f.ID, Kind: f.Kind, ClientID: f.Client.ClientID, ExternalID: f.Client.ExternalID, ApplicationID: f.ApplicationID,
			Name: f.Name, Fields: []driftView{}, Actions: append(f.Actions(), portico.ActionIgnore)}
		for _, d := range f.Fields {
			view.Fields = append(view.Fields, driftView(d))
		}
		if ignored, is := v.Ignored[f.ID]; is {
			view.Ignored = &ignoredView{By: ignored.IgnoredBy, At: httpkit.Timestamp(ignored.CreatedAt)}
			view.Actions[len(view.Actions)-1] = portico.ActionNotice
		}
		out.Findings = append(out.Findings, view)
	}
	return out
}

func (s *server) findings(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.ProviderID](r, "dcrProviderId")
	if err != nil {
		return err
	}
	last, err := s.Inventories.Last(r.Context(), id)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewInventory(last))
}

// reconciledView is what became of the actions, and what is left.
type reconciledView struct {
	Results []outcomeView `json:"results"`
	inventoryView
}

type outcomeView struct {
	FindingID string                `json:"finding_id"`
	Action    portico.FindingAction `json:"action"`
	Status    inventory.Status      `json:"status"`
	Detail    string                `json:"detail,omitempty"`
}

// reconcileProvider looks at the clients anew, or does something about what was
// found. It does both never at once: who acts has seen what there is.
func (s *server) reconcileProvider(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.ProviderID](r, "dcrProviderId")
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	dryRun := o.Bool("dry_run", false)
	var wishes []inventory.Wish
	for _, item := range o.Objects("actions", httpkit.MaxItems(maxActions)) {
		wishes = append(wishes, inventory.Wish{
			FindingID: item.String("finding_id", httpkit.Required, httpkit.Length(1, 64)),
			Action:    portico.FindingAction(item.Enum("action", httpkit.Required, texts(portico.FindingActions())...)),
		})
	}
	if dryRun && len(wishes) > 0 {
		o.Invalid("actions", "max_items", "A dry run does nothing: leave actions out, or dry_run.")
	}
	if err := o.Err(); err != nil {
		return err
	}
	if len(wishes) == 0 {
		taken, err := s.Inventories.Take(r.Context(), id)
		if err != nil {
			return err
		}
		return httpkit.JSON(w, http.StatusOK, reconciledView{[]outcomeView{}, viewInventory(taken)})
	}
	outcomes, left, err := s.Inventories.Act(r.Context(), id, wishes)
	if err != nil {
		return err
	}
	out := reconciledView{[]outcomeView{}, viewInventory(left)}
	for _, o := range outcomes {
		out.Results = append(out.Results, outcomeView{o.FindingID, o.Action, o.Status, o.Detail})
	}
	return httpkit.JSON(w, http.StatusOK, out)
}
