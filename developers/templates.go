package developers

import (
	"context"
	"maps"
	"slices"
	"strings"

	"portico"
	"portico/usecase"
)

// Templates are the mails that a portal can word itself.
type Templates struct{ usecase.Deps }

// Template is a mail as Portico words it (contract: DefaultEmailTemplate).
type Template struct {
	Name      string
	Label     string
	Default   Wording
	Variables []string
}

// TemplateNames lists the contract's mails in its order (EmailTemplateName).
func TemplateNames() []string {
	return []string{
		"confirm-email-address", "app-registration-approved", "app-registration-rejected", "app-registration-revoked", "reset-password",
		"account-access-approved", "account-access-rejected", "account-access-revoked", "api-key-expiring-soon", "api-key-expired", "developer-invitation",
	}
}

// Variable is what a wording can mention as {{Name}}.
type Variable struct {
	Name, Description, Example string
	Scope                      []string // the templates that have it
}

// Variables lists the variables that mails have values for.
func Variables() []Variable {
	all := TemplateNames()
	beginning := func(prefix string) []string {
		return slices.DeleteFunc(TemplateNames(), func(name string) bool { return !strings.HasPrefix(name, prefix) })
	}
	access, registration, key := beginning("account-access-"), beginning("app-registration-"), beginning("api-key-")
	return []Variable{
		{"portal_display_name", "The display name of the portal", "Acme developers", all},
		{"portal_domain", "The host name of the portal", "acme.example.com", all},
		{"developer_email", "The developer's e-mail address", "dora@example.com", all},
		{"developer_fullname", "The developer's full name", "Dora Developer", all},
		{"dev_portal_reply_to", "The address that answers to the portal's mails go to; empty if there is none", "help@example.com", all},
		{"developer_status", "What was decided about the developer's account", "approved", access},
		{"api_documentation_url", "The address of the API's page in the portal", "https://acme.example.com/apis/flights", registration},
		{"api_name", "The name of the API", "Flights", registration},
		{"api_version", "The version of the API; empty if it has none", "v1", registration},
		{"application_name", "The name of the application", "Booking app", slices.Concat(registration, key)},
		{"credential_name", "The name of the API key", "production", key},
		{"credential_expires_at", "When the API key expires", "2026-11-02 09:00 UTC", key},
	}
}

// Defaults lists the mails as Portico words them, in English.
func (t Templates) Defaults() []Template {
	labels := map[string]string{
		"confirm-email-address":     "Confirm the developer's e-mail address",
		"app-registration-approved": "Tell the developer that a registration was approved",
		"app-registration-rejected": "Tell the developer that a registration was rejected",
		"app-registration-revoked":  "Tell the developer that a registration was revoked",
		"reset-password":            "Let the developer set a new password",
		"account-access-approved":   "Tell the developer that the account was approved",
		"account-access-rejected":   "Tell the developer that the account was rejected",
		"account-access-revoked":    "Tell the developer that the account was revoked",
		"api-key-expiring-soon":     "Tell the developer that an API key expires soon",
		"api-key-expired":           "Tell the developer that an API key has expired",
		"developer-invitation":      "Invite a developer",
	}
	var out []Template
	for _, name := range TemplateNames() {
		template := Template{Name: name, Label: labels[name], Default: defaultWording(english, name)}
		for _, v := range Variables() {
			if slices.Contains(v.Scope, name) {
				template.Variables = append(template.Variables, v.Name)
			}
		}
		out = append(out, template)
	}
	return out
}

// Default returns one of them; KindNotFound.
func (t Templates) Default(name string) (Template, error) {
	all := t.Defaults()
	i := slices.IndexFunc(all, func(template Template) bool { return template.Name == name })
	if i < 0 {
		return Template{}, portico.Errorf(portico.KindNotFound, "There is no e-mail template named [%s].", name)
	}
	return all[i], nil
}

// OwnTemplate is a mail that a portal words itself.
type OwnTemplate struct {
	Template
	Own portico.EmailTemplate
}

// Own lists what a portal words itself, in the order of the names. KindNotFound
// (portal).
func (t Templates) Own(ctx context.Context, portal portico.PortalID) ([]OwnTemplate, error) {
	return usecase.View(ctx, t.Store, func(tx portico.Tx) ([]OwnTemplate, error) {
		if _, err := tx.Portals().ByID(ctx, portal); err != nil {
			return nil, err
		}
		found, err := tx.EmailTemplates().List(ctx, portico.Everything(portico.Where("portal_id", portal)))
		if err != nil {
			return nil, err
		}
		own := usecase.By(found.Items, func(e portico.EmailTemplate) string { return e.Name })
		var out []OwnTemplate
		for _, template := range t.Defaults() {
			if e, is := own[template.Name]; is {
				out = append(out, OwnTemplate{template, e})
			}
		}
		return out, nil
	})
}

// OwnByName returns a portal's own wording of a mail; KindNotFound when the
// portal, the template or an own wording is not there.
func (t Templates) OwnByName(ctx context.Context, portal portico.PortalID, name string) (OwnTemplate, error) {
	template, err := t.Default(name)
	if err != nil {
		return OwnTemplate{}, err
	}
	return usecase.View(ctx, t.Store, func(tx portico.Tx) (OwnTemplate, error) {
		own, err := ownWording(ctx, tx, portal, name)
		return OwnTemplate{template, own}, err
	})
}

func ownWording(ctx context.Context, tx portico.Tx, portal portico.PortalID, name string) (portico.EmailTemplate, error) {
	if _, err := tx.Portals().ByID(ctx, portal); err != nil {
		return portico.EmailTemplate{}, err
	}
	found, err := tx.EmailTemplates().List(ctx, portico.Everything(portico.Where("portal_id", portal), portico.Where("name", name)))
	if err == nil && len(found.Items) == 0 {
		err = portico.Errorf(portico.KindNotFound, "The portal words the mail [%s] as Portico does; it has no template of its own.", name)
	}
	return usecase.One(found.Items, err)
}

// TemplateChange is a partial update of a portal's wording; null makes a text
// Portico's again.
type TemplateChange struct {
	Subject, Title, Body, ButtonLabel portico.Opt[string]
	Enabled                           portico.Opt[bool]
}

// Change makes or changes a portal's own wording of a mail. A new one is in use
// unless the change says otherwise. KindNotFound (portal, template), KindInvalid
// (a variable that the mail does not have).
func (t Templates) Change(ctx context.Context, portal portico.PortalID, name string, ch TemplateChange) (OwnTemplate, error) {
	template, err := t.Default(name)
	if err != nil {
		return OwnTemplate{}, err
	}
	err = checkVariables(template, Wording{ch.Subject.Value, ch.Title.Value, ch.Body.Value, ch.ButtonLabel.Value})
	if err != nil {
		return OwnTemplate{}, err
	}
	write := func(e *portico.EmailTemplate) error {
		ch.Subject.ApplyPtr(&e.Subject)
		ch.Title.ApplyPtr(&e.Title)
		ch.Body.ApplyPtr(&e.Body)
		ch.ButtonLabel.ApplyPtr(&e.ButtonLabel)
		ch.Enabled.Apply(&e.Enabled)
		return nil
	}
	out := OwnTemplate{Template: template}
	err = t.Commit(ctx, func(tx portico.Tx) error {
		own, err := ownWording(ctx, tx, portal, name)
		if err == nil {
			out.Own, err = tx.EmailTemplates().Change(ctx, own.ID, write)
			return err
		}
		if portico.KindOf(err) != portico.KindNotFound {
			return err
		}
		if _, err := tx.Portals().ByID(ctx, portal); err != nil {
			return err
		}
		now := t.Now()
		out.Own = portico.EmailTemplate{ID: portico.EmailTemplateID(t.NewID()), PortalID: portal, Name: name, Enabled: true, CreatedAt: now, UpdatedAt: now}
		_ = write(&out.Own) // cannot fail
		return tx.EmailTemplates().Insert(ctx, out.Own)
	})
	return out, err
}

// checkVariables refuses variables that a mail has no value for: they would be
// sent as they are written.
func checkVariables(template Template, words Wording) error {
	texts := map[string]string{"subject": words.Subject, "title": words.Title, "body": words.Body, "button_label": words.ButtonLabel}
	var faults []portico.InvalidParameter
	for _, field := range slices.Sorted(maps.Keys(texts)) {
		for _, found := range variable.FindAllStringSubmatch(texts[field], -1) {
			if !slices.Contains(template.Variables, found[2]) {
				faults = append(faults, portico.InvalidParameter{Field: "content." + field, Rule: "enum", Choices: template.Variables,
					Reason: "has the variable [" + found[2] + "], which this mail does not have"})
			}
		}
	}
	if len(faults) > 0 {
		return portico.InvalidAll(faults...)
	}
	return nil
}

// Delete makes a mail be worded as Portico does again. KindNotFound.
func (t Templates) Delete(ctx context.Context, portal portico.PortalID, name string) error {
	if _, err := t.Default(name); err != nil {
		return err
	}
	return t.Commit(ctx, func(tx portico.Tx) error {
		own, err := ownWording(ctx, tx, portal, name)
		if err != nil {
			return err
		}
		return tx.EmailTemplates().Delete(ctx, own.ID)
	})
}

// SendTest queues a mail with a wording, with example values in it, to an
// admin. KindNotFound (portal, template), KindInvalid (a variable).
func (t Templates) SendTest(ctx context.Context, portal portico.PortalID, name string, words Wording, to portico.User) error {
	return t.CommitAndMail(ctx, func(tx portico.Tx) (*portico.Message, error) { return t.example(ctx, tx, portal, name, words, to) })
}

// Preview is the mail that SendTest would send; nothing is sent. Errors as there.
func (t Templates) Preview(ctx context.Context, portal portico.PortalID, name string, words Wording, to portico.User) (portico.Message, error) {
	return usecase.View(ctx, t.Store, func(tx portico.Tx) (portico.Message, error) {
		m, err := t.example(ctx, tx, portal, name, words, to)
		if err != nil {
			return portico.Message{}, err
		}
		return *m, nil
	})
}

// example is a mail with a wording, with example values in it.
func (t Templates) example(ctx context.Context, tx portico.Tx, portal portico.PortalID, name string, words Wording, to portico.User) (*portico.Message, error) {
	template, err := t.Default(name)
	if err != nil {
		return nil, err
	}
	if err := checkVariables(template, words); err != nil {
		return nil, err
	}
	examples := map[string]string{}
	for _, v := range Variables() {
		examples[v.Name] = v.Example
	}
	for _, real := range []string{"portal_display_name", "portal_domain", "dev_portal_reply_to"} {
		delete(examples, real)
	}
	letter := Letter{Template: name, To: portico.Developer{Email: to.Email, FullName: to.FullName}, Values: examples}
	if words.ButtonLabel != "" {
		letter.Path = "/"
	}
	p, err := tx.Portals().ByID(ctx, portal)
	if err != nil {
		return nil, err
	}
	from, err := senderOf(ctx, tx, p)
	if err != nil {
		return nil, err
	}
	return Letters(t).compose(p, from, letter, words, english)
}
