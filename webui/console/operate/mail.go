package operate

import (
	"net/http"

	"portico"
	"portico/access"
	"portico/mailroom"
	"portico/webui/design"
	"portico/webui/desk"
)

const mailPath = "/email"

func (p pages) mailRoutes() []desk.Route {
	return []desk.Route{
		desk.On("GET "+mailPath, p.mails, access.For(access.Organization, access.View, "")),
		desk.On("GET "+mailPath+"/{mail}", p.mail, access.For(access.Organization, access.View, "")),
		desk.On("POST "+mailPath+"/{mail}/retry", p.retryMail, access.For(access.Organization, access.Edit, "")).As("retry-mail"),
	}
}

// mailsView is what became of the mails of the last weeks.
type mailsView struct {
	desk.List
	items  []portico.Mail
	total  int
	states []design.Option
}

func (p pages) mails(w http.ResponseWriter, v *desk.Visit) error {
	view := mailsView{List: v.List("-created_at", "recipient", "subject", "state")}
	found, err := p.Outbox.List(v.Context(), view.Query(view.Contains("q", "recipient"), view.Equal("state")))
	if err != nil {
		return err
	}
	view.items, view.total = found.Items, found.Total
	view.states = []design.Option{{Label: v.T("operate.any_state")}}
	for _, s := range portico.MailStates() {
		view.states = append(view.states, design.Option{Value: string(s), Label: v.T("operate.mail_" + string(s)), Selected: view.Value("state") == string(s)})
	}
	return v.Render(w, http.StatusOK, v.T("operate.mail_title"), mailsPage(view))
}

// mailView is one mail.
type mailView struct {
	mailroom.Letter
	mayRetry bool
}

func (p pages) mail(w http.ResponseWriter, v *desk.Visit) error {
	letter, err := p.Outbox.ByID(v.Context(), portico.MailID(v.PathValue("mail")))
	if err != nil {
		return err
	}
	view := mailView{letter, letter.State != portico.MailSent && v.May(access.Organization, access.Edit, access.Everything)}
	return v.Render(w, http.StatusOK, letter.Subject, mailPage(view))
}

func (p pages) retryMail(_ http.ResponseWriter, v *desk.Visit) error {
	id := portico.MailID(v.PathValue("mail"))
	if err := p.Outbox.Retry(v.Context(), id); err != nil {
		return err
	}
	v.Flash("operate.mail_retried")
	return v.Redirect(mailPath + "/" + string(id))
}

// mailTone colours a mail's state.
func mailTone(s portico.MailState) design.Tone {
	switch s {
	case portico.MailSent:
		return design.OK
	case portico.MailFailed:
		return design.Bad
	}
	return design.Info
}
