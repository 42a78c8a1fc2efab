package admins

import (
	"net/url"
	"strings"

	"portico"
	"portico/secret"
	"portico/usecase"
)

// The pages of the console that mails lead to, with the token as the query's
// token.
const (
	InvitationPath    = "/invitation"
	ResetPasswordPath = "/reset-password"
)

// wording is what a mail to the organization's people says: first what has
// happened, then what to do. {organization} stands for its name.
type wording struct{ kind, subject, text, path string }

func invitation() wording {
	return wording{"admin-invitation", "You are invited to {organization}",
		"You are invited to administer {organization}. Set a password to accept; the link works for seven days.\n\n{link}\n\nIf you do not know what this is about, do nothing.\n", InvitationPath}
}

func resetPassword() wording {
	return wording{"admin-reset-password", "Reset your password at {organization}",
		"Somebody, probably you, wants to set a new password for your account at {organization}. The link works for an hour.\n\n{link}\n\nIf it was not you, do nothing: your password stays as it is.\n", ResetPasswordPath}
}

func compose(d usecase.Deps, o portico.Organization, to string, w wording, token secret.Text) *portico.Message {
	link := d.ConsoleURL + w.path + "?" + url.Values{"token": {token.Reveal()}}.Encode()
	name := strings.Join(strings.Fields(o.Name), " ")
	fill := strings.NewReplacer("{organization}", name, "{link}", link)
	return &portico.Message{Kind: w.kind, To: to, Subject: fill.Replace(w.subject), Text: fill.Replace(w.text), Link: link, OneTime: true}
}
