package auditapi

import (
	"net/http"
	"time"

	"portico"
	"portico/httpkit"
)

// webhookView is the contract's AuditLogsWebhook and PortalAuditLogWebhook.
type webhookView struct {
	DestinationID portico.AuditDestinationID `json:"audit_log_destination_id"`
	Enabled       bool                       `json:"enabled"`
}

func viewWebhook(w portico.AuditWebhook) webhookView { return webhookView{w.DestinationID, w.Enabled} }

// statusView is the contract's AuditLogsWebhookStatus.
type statusView struct {
	Status          string             `json:"webhook_status"`
	Enabled         bool               `json:"webhook_enabled"`
	LastAttemptAt   *httpkit.Timestamp `json:"last_attempt_at,omitempty"`
	LastCode        int                `json:"last_response_code,omitempty"`
	LastMessageText string             `json:"last_response_message,omitempty"`
}

func (s server) webhook(w http.ResponseWriter, r *http.Request) error {
	of, err := scope(r)
	if err != nil {
		return err
	}
	found, err := s.Audit.Webhooks.Get(r.Context(), of)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewWebhook(found))
}

func (s server) updateWebhook(w http.ResponseWriter, r *http.Request) error {
	of, err := scope(r)
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	destination := httpkit.As[portico.AuditDestinationID](o.OptUUID("audit_log_destination_id"))
	enabled := o.OptBool("enabled")
	if err := o.Err(); err != nil {
		return err
	}
	saved, err := s.Audit.Webhooks.Update(r.Context(), of, destination, enabled)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewWebhook(saved))
}

func (s server) deleteWebhook(w http.ResponseWriter, r *http.Request) error {
	of, err := scope(r)
	if err != nil {
		return err
	}
	if err := s.Audit.Webhooks.Delete(r.Context(), of); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}

func (s server) webhookStatus(w http.ResponseWriter, r *http.Request) error {
	of, err := scope(r)
	if err != nil {
		return err
	}
	found, err := s.Audit.Webhooks.Status(r.Context(), of)
	if err != nil {
		return err
	}
	view := statusView{Status: "inactive"}
	if found.Active {
		view.Status = "active"
	}
	if hook := found.Webhook; hook != nil {
		view.Enabled, view.LastAttemptAt = hook.Enabled, httpkit.OptTimestamp(hook.LastAttemptAt)
		view.LastCode, view.LastMessageText = hook.LastStatus, hook.LastMessage
	}
	return httpkit.JSON(w, http.StatusOK, view)
}

// replayView is the contract's AuditLogReplayJob. Where there is no job yet, its
// times are the year 1's first moment.
type replayView struct {
	StartAt   string               `json:"start_at"`
	EndAt     string               `json:"end_at"`
	Status    portico.ReplayStatus `json:"status"`
	UpdatedAt string               `json:"updated_at"`
}

func viewReplay(job portico.AuditReplay) replayView {
	text := func(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999Z07:00") }
	return replayView{text(job.From), text(job.To), job.Status, text(job.UpdatedAt)}
}

func (s server) replay(w http.ResponseWriter, r *http.Request) error {
	of, err := scope(r)
	if err != nil {
		return err
	}
	job, err := s.Audit.Webhooks.Replay(r.Context(), of)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewReplay(job))
}

func (s server) startReplay(w http.ResponseWriter, r *http.Request) error {
	of, err := scope(r)
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	o.Ignore("status", "updated_at")
	from, to := o.Time("start_at", httpkit.Required), o.Time("end_at", httpkit.Required)
	if err := o.Err(); err != nil {
		return err
	}
	job, err := s.Audit.Webhooks.StartReplay(r.Context(), of, from, to)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusAccepted, viewReplay(job))
}
