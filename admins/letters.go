package admins

import (
	"context"
	"net/url"
	"strings"

	"portico"
	"portico/secret"
	"portico/usecase"
	"portico/webui/i18n"
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

const japanese = "ja"

// invitation is worded in the language of the page on which it is made, or else
// in English: nobody knows yet what the invited person reads.
func invitation(ctx context.Context) wording {
	w := wording{"admin-invitation", "You are invited to {organization}",
		"You are invited to administer {organization}. Set a password to accept; the link works for seven days.\n\n{link}\n\nIf you do not know what this is about, do nothing.\n", InvitationPath}
	if i18n.Lang(ctx) == japanese {
		w.subject = "{organization} への招待"
		w.text = "{organization} の管理者として招待されました。承諾するには、パスワードを設定してください。リンクは 7 日間有効です。\n\n{link}\n\nお心当たりがない場合は、何もする必要はありません。\n"
	}
	return w
}

// resetPassword is worded in the language of the page on which it is asked for.
func resetPassword(ctx context.Context) wording {
	w := wording{"admin-reset-password", "Reset your password at {organization}",
		"Somebody, probably you, wants to set a new password for your account at {organization}. The link works for an hour.\n\n{link}\n\nIf it was not you, do nothing: your password stays as it is.\n", ResetPasswordPath}
	if i18n.Lang(ctx) == japanese {
		w.subject = "{organization} のパスワードの再設定"
		w.text = "{organization} のアカウントについて、パスワードの再設定の依頼がありました。リンクは 1 時間有効です。\n\n{link}\n\nご自身の依頼でない場合は、何もする必要はありません。パスワードはそのままです。\n"
	}
	return w
}

func compose(d usecase.Deps, o portico.Organization, to string, w wording, token secret.Text) *portico.Message {
	link := d.ConsoleURL + w.path + "?" + url.Values{"token": {token.Reveal()}}.Encode()
	name := strings.Join(strings.Fields(o.Name), " ")
	fill := strings.NewReplacer("{organization}", name, "{link}", link)
	return &portico.Message{Kind: w.kind, To: to, Subject: fill.Replace(w.subject), Text: fill.Replace(w.text), Link: link, OneTime: true}
}
