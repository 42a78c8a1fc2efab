package mgmtapi

import (
	"net/http"
	"time"

	"portico"
	"portico/httpkit"
)

// healthView is the answer of Portico's own operation that says how a provider
// is doing. What has not happened, or is not known, is null.
type healthView struct {
	Status              string        `json:"status"` // ok, failing, or unknown
	LastSuccessAt       *time.Time    `json:"last_success_at"`
	LastFailureAt       *time.Time    `json:"last_failure_at"`
	LastFailure         *string       `json:"last_failure"`
	RateLimit           *roomView     `json:"rate_limit"`
	CredentialExpiresAt *time.Time    `json:"credential_expires_at"`
	Waiting             []waitingView `json:"waiting"`
	WaitingTotal        int           `json:"waiting_total"`
}

type roomView struct {
	Limit     int64     `json:"limit"`
	Remaining int64     `json:"remaining"`
	ResetAt   time.Time `json:"reset_at"`
}

type waitingView struct {
	Kind          string    `json:"kind"` // register, deregister, rotate or notify
	ApplicationID string    `json:"application_id"`
	ClientID      *string   `json:"client_id"`
	Attempts      int       `json:"attempts"`
	LastError     *string   `json:"last_error"`
	CreatedAt     time.Time `json:"created_at"`
	DueAt         time.Time `json:"due_at"`
}

func (s *server) providerHealth(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.ProviderID](r, "dcrProviderId")
	if err != nil {
		return err
	}
	found, err := s.Doctor.Condition(r.Context(), id)
	if err != nil {
		return err
	}
	view := healthView{
		Status: "unknown", LastSuccessAt: moment(found.LastSuccess), LastFailureAt: moment(found.LastFailure), LastFailure: said(found.Failure),
		CredentialExpiresAt: moment(found.CredentialExpires), Waiting: []waitingView{}, WaitingTotal: found.Waiting.Total,
	}
	switch {
	case found.Failing():
		view.Status = "failing"
	case !found.LastSuccess.IsZero():
		view.Status = "ok"
	}
	if room := found.Room; room != nil {
		view.RateLimit = &roomView{room.Limit, room.Remaining, room.ResetAt}
	}
	for _, task := range found.Waiting.Items {
		view.Waiting = append(view.Waiting, waitingView{
			Kind: string(task.Kind), ApplicationID: string(task.ApplicationID), ClientID: said(task.Client.ClientID), Attempts: task.Attempts,
			LastError: said(task.LastError), CreatedAt: task.CreatedAt, DueAt: task.DueAt,
		})
	}
	return httpkit.JSON(w, http.StatusOK, view)
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func said(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
