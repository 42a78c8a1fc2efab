package portals

import (
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"portico"
	"portico/access"
	"portico/developers"
	"portico/mailroom"
	"portico/usecase"
	"portico/webui/design"
	"portico/webui/desk"
)

func (p pages) emailRoutes() []desk.Route {
	return []desk.Route{
		p.on("GET", "/emails", p.emails, access.View),
		p.on("GET", "/emails/sender", p.sender, access.View),
		p.on("POST", "/emails/sender", p.saveSender, access.Edit).As("update-portal-email-config"),
		p.on("GET", "/emails/{name}", p.emailForm, access.View),
		p.on("POST", "/emails/{name}", p.saveEmail, access.Edit).As("update-portal-custom-email-template"),
		p.on("POST", "/emails/{name}/test", p.testEmail, access.Edit).As("post-portal-custom-email-test-send"),
		p.on("POST", "/emails/{name}/reset", p.resetEmail, access.Edit).As("delete-portal-custom-email-template"),
		p.on("GET", "/emails/{name}/preview", p.previewEmail, access.View),
		p.on("POST", "/emails/{name}/preview", p.previewEmail, access.Edit),
	}
}

// The most characters of a wording (contract: EmailTemplateContent) and of a
// sender's address (RFC 5321 §4.5.3.1).
const (
	maxLine    = 1024
	maxBody    = 4096
	maxLabel   = 128
	maxAddress = 254
)

// emailsView is the tab Emails.
type emailsView struct {
	Portal portal
	Mails  []developers.Template
	Own    map[string]portico.EmailTemplate
}

func (p pages) emails(w http.ResponseWriter, v *desk.Visit, one portal) error {
	own, err := p.Templates.Own(v.Context(), one.ID)
	if err != nil {
		return err
	}
	view := emailsView{Portal: one, Mails: p.Templates.Defaults(), Own: map[string]portico.EmailTemplate{}}
	for name, t := range usecase.By(own, func(t developers.OwnTemplate) string { return t.Name }) {
		view.Own[name] = t.Own
	}
	return v.Render(w, http.StatusOK, v.T("portals.tab_emails"), emailsPage(view))
}

// emailView is the form for the wording of a mail.
type emailView struct {
	sheet
	Portal portal
	Mail   developers.Template
	Own    bool // the portal has a wording of its own
}

// Path is the address of the form, or of something below it.
func (e emailView) Path(below string) string { return e.Portal.Path("/emails/" + e.Mail.Name + below) }

// wording is how a mail is worded now, and whether the portal has said so.
func (p pages) wording(v *desk.Visit, one portal) (mail developers.OwnTemplate, own bool, err error) {
	name := v.PathValue("name")
	if mail.Template, err = p.Templates.Default(name); err != nil {
		return mail, false, err
	}
	found, err := p.Templates.OwnByName(v.Context(), one.ID, name)
	if err != nil && portico.KindOf(err) == portico.KindNotFound {
		return mail, false, nil
	}
	return found, err == nil, err
}

func (p pages) emailForm(w http.ResponseWriter, v *desk.Visit, one portal) error {
	mail, own, err := p.wording(v, one)
	if err != nil {
		return err
	}
	filled := url.Values{"enabled": on(!own || mail.Own.Enabled)}
	for field, texts := range wordingFields(mail.Default, mail.Own) {
		filled.Set(field, texts[0])
		if texts[1] != "" {
			filled.Set(field, texts[1])
		}
	}
	return p.showEmail(w, v, one, mail.Template, own, http.StatusOK, v.EmptyForm(filled), nil)
}

// wordingFields are the texts of a mail by their fields: Portico's, and the
// portal's own, which is empty where there is none.
func wordingFields(words developers.Wording, own portico.EmailTemplate) map[string][2]string {
	return map[string][2]string{
		"subject": {words.Subject, value(own.Subject)}, "title": {words.Title, value(own.Title)},
		"body": {words.Body, value(own.Body)}, "button_label": {words.ButtonLabel, value(own.ButtonLabel)},
	}
}

func (p pages) showEmail(w http.ResponseWriter, v *desk.Visit, one portal, mail developers.Template, own bool, status int, f *desk.Form, call templ.Component) error {
	view := emailView{Portal: one, Mail: mail, Own: own, sheet: sheet{Form: f, Call: call, May: one.May(access.Edit), Cancel: one.Path(tabEmails), Submit: v.T("portals.save")}}
	view.Action = view.Path("")
	w.Header().Set("Content-Security-Policy", design.FramingPolicy)
	return v.Render(w, status, mailLabel(v.Context(), mail.Name), emailPage(view), desk.Wide, desk.Module(design.AssetURL("js/preview.js")))
}

// readWording reads the form.
func readWording(f *desk.Form) developers.Wording {
	f.Values.Set("body", strings.ReplaceAll(f.Value("body"), "\r\n", "\n"))
	return developers.Wording{
		Subject: f.Text("subject", true, maxLine), Title: f.Text("title", true, maxLine),
		Body: f.Text("body", true, maxBody), ButtonLabel: f.Text("button_label", false, maxLabel),
	}
}

// asChange makes a change of a wording: a text that is Portico's stays Portico's,
// whatever that becomes.
func asChange(words, standard developers.Wording, enabled bool) (developers.TemplateChange, body) {
	text := func(own, standard string) portico.Opt[string] {
		return portico.Opt[string]{Set: true, Null: own == standard, Value: own}
	}
	ch := developers.TemplateChange{
		Subject: text(words.Subject, standard.Subject), Title: text(words.Title, standard.Title), Body: text(words.Body, standard.Body),
		ButtonLabel: text(words.ButtonLabel, standard.ButtonLabel), Enabled: portico.Some(enabled),
	}
	return ch, body{"enabled": enabled, "content": body{
		"subject": orNull(ch.Subject.Ptr()), "title": orNull(ch.Title.Ptr()), "body": orNull(ch.Body.Ptr()), "button_label": orNull(ch.ButtonLabel.Ptr()),
	}}
}

// contentFields are the fields that faults of a wording belong to.
func contentFields() map[string]string {
	return map[string]string{"content.subject": "subject", "content.title": "title", "content.body": "body", "content.button_label": "button_label"}
}

func (p pages) saveEmail(w http.ResponseWriter, v *desk.Visit, one portal) error {
	mail, own, err := p.wording(v, one)
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	ch, call := asChange(readWording(f), mail.Default, f.Has("enabled", "on"))
	path := "/emails/" + mail.Name
	return v.Submit(desk.Task{
		Form: f, Calls: []desk.Call{{Method: http.MethodPatch, Path: one.API("/email-templates/" + mail.Name), Body: call}},
		Do: func() (desk.Answer, error) {
			_, err := p.Templates.Change(v.Context(), one.ID, mail.Name, ch)
			return v.To(one.Path(path), "portals.saved"), err
		},
		Fields: contentFields(),
		Show: func(status int, call templ.Component) error {
			return p.showEmail(w, v, one, mail.Template, own, status, f, call)
		},
	})
}

// testEmail sends the wording of the form, saved or not, to the admin.
func (p pages) testEmail(w http.ResponseWriter, v *desk.Visit, one portal) error {
	mail, own, err := p.wording(v, one)
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	words := readWording(f)
	show := func(status int, below templ.Component) error {
		return p.showEmail(w, v, one, mail.Template, own, status, f, below)
	}
	return v.Submit(desk.Task{
		Form: f, Fields: contentFields(), Show: show,
		Do: func() (desk.Answer, error) {
			err := p.Templates.SendTest(v.Context(), one.ID, mail.Name, words, v.Principal.User)
			return func() error { return show(http.StatusOK, testSent(v.Principal.User.Email)) }, err
		},
	})
}

func (p pages) resetEmail(w http.ResponseWriter, v *desk.Visit, one portal) error {
	if _, _, err := p.wording(v, one); err != nil {
		return err
	}
	name := v.PathValue("name")
	if v.WantsCall() {
		return v.ShowCall(w, one.Path("/emails/"+name), desk.Call{Method: http.MethodDelete, Path: one.API("/email-templates/" + name)})
	}
	if err := p.Templates.Delete(v.Context(), one.ID, name); err != nil && portico.KindOf(err) != portico.KindNotFound {
		return err
	}
	v.Flash("portals.reset_done")
	return v.Redirect(one.Path("/emails/" + name))
}

// previewEmail shows the mail with example values, in a frame.
func (p pages) previewEmail(w http.ResponseWriter, v *desk.Visit, one portal) error {
	mail, _, err := p.wording(v, one)
	if err != nil {
		return err
	}
	framed(w)
	f := v.EmptyForm(nil)
	texts := wordingFields(mail.Default, mail.Own)
	shown := func(field string) string {
		if texts[field][1] != "" {
			return texts[field][1]
		}
		return texts[field][0]
	}
	words := developers.Wording{Subject: shown("subject"), Title: shown("title"), Body: shown("body"), ButtonLabel: shown("button_label")}
	if v.Method == http.MethodPost {
		if f, err = v.Form(); err != nil {
			return err
		}
		words = readWording(f)
	}
	if f.OK() {
		message, err := p.Templates.Preview(v.Context(), one.ID, mail.Name, words, v.Principal.User)
		if err == nil {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(w, message.HTML) // fails only when the visitor has left
			return nil
		}
		if err := f.Refused(err, contentFields()); err != nil {
			return err
		}
	}
	return p.noPreview(w, v, f)
}

// senderView is the form for whom the portal's mails come from.
type senderView struct {
	sheet
	Portal portal
}

func (p pages) sender(w http.ResponseWriter, v *desk.Visit, one portal) error {
	config, _, err := p.config(v, one)
	if err != nil {
		return err
	}
	f := v.EmptyForm(url.Values{"from_name": {value(config.FromName)}, "from_email": {value(config.FromEmail)}, "reply_to_email": {value(config.ReplyTo)}})
	return p.showSender(w, v, one, http.StatusOK, f, nil)
}

// config is the portal's e-mail configuration, and whether there is one.
func (p pages) config(v *desk.Visit, one portal) (portico.EmailConfig, bool, error) {
	config, err := p.EmailSettings.Config(v.Context(), one.ID)
	if err != nil && portico.KindOf(err) == portico.KindNotFound {
		return config, false, nil
	}
	return config, err == nil, err
}

func (p pages) showSender(w http.ResponseWriter, v *desk.Visit, one portal, status int, f *desk.Form, call templ.Component) error {
	view := senderView{Portal: one, sheet: sheet{Form: f, Call: call, Action: one.Path("/emails/sender"), May: one.May(access.Edit), Submit: v.T("portals.save")}}
	return v.Render(w, status, v.T("portals.sender"), senderPage(view))
}

func (p pages) saveSender(w http.ResponseWriter, v *desk.Visit, one portal) error {
	_, there, err := p.config(v, one)
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	address := func(field string) *string {
		if f.Text(field, false, maxAddress) == "" {
			return nil
		}
		return new(f.Email(field))
	}
	name, from, reply := f.Optional("from_name", maxName), address("from_email"), address("reply_to_email")
	in := mailroom.ConfigFields{FromName: optional(name), FromEmail: optional(from), ReplyTo: optional(reply)}
	save, method := p.EmailSettings.CreateConfig, http.MethodPost
	if there {
		save, method = p.EmailSettings.ChangeConfig, http.MethodPatch
	}
	return v.Submit(desk.Task{
		Form: f, Calls: []desk.Call{{Method: method, Path: one.API("/email-config"), Body: body{"from_name": orNull(name), "from_email": orNull(from), "reply_to_email": orNull(reply)}}},
		Do: func() (desk.Answer, error) {
			_, err := save(v.Context(), one.ID, in)
			return v.To(one.Path("/emails/sender"), "portals.saved"), err
		},
		Show: func(status int, call templ.Component) error { return p.showSender(w, v, one, status, f, call) },
	})
}
