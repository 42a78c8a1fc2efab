package developers

import "portico"

// Wording is how a mail is worded. Subject, Title and ButtonLabel are plain
// text, Body is Markdown; each may mention variables as {{name}}.
type Wording struct{ Subject, Title, Body, ButtonLabel string }

// with is the wording with what a portal has chosen in its place.
func (w Wording) with(own portico.EmailTemplate) Wording {
	for _, field := range []struct {
		to  *string
		own *string
	}{{&w.Subject, own.Subject}, {&w.Title, own.Title}, {&w.Body, own.Body}, {&w.ButtonLabel, own.ButtonLabel}} {
		if field.own != nil {
			*field.to = *field.own
		}
	}
	return w
}

// The languages that mails are worded in.
const (
	english  = "en"
	japanese = "ja"
)

// phrases are what stands around a wording.
type phrases struct {
	Reason, Open, Address, Why string
}

func phrasesIn(language string) phrases {
	if language == japanese {
		return phrases{
			Reason: "管理者からのメッセージ:", Open: "開く", Address: "リンクを開けない場合は、次のアドレスを開いてください:",
			Why: "このメールは、次のポータルのアカウントについてお送りしています:",
		}
	}
	return phrases{
		Reason: "What the administrators say:", Open: "Open", Address: "If the link does not work, open this address:",
		Why: "You get this mail because of your account in",
	}
}

// The mails that are not the contract's, and that no portal words itself.
const (
	mailAccountExists   = "account-exists"
	mailConfirmDeletion = "confirm-account-deletion"
	MailSecretExpiring  = "client-secret-expiring-soon"
	MailSecretExpired   = "client-secret-expired"
	MailClientReplaced  = "client-replaced"
)

func defaultWording(language, template string) Wording {
	if language == japanese {
		return japaneseWording()[template]
	}
	return englishWording()[template]
}

func englishWording() map[string]Wording {
	return map[string]Wording{
		"confirm-email-address": {
			"Confirm your address for {{portal_display_name}}", "Confirm your e-mail address",
			"Hello {{developer_fullname}},\n\nConfirm that this address is yours to finish signing up to {{portal_display_name}}. The link works for 48 hours.\n\nIf you did not sign up, ignore this mail.", "Confirm address",
		},
		mailAccountExists: {
			"You have an account in {{portal_display_name}}", "You have an account already",
			"Hello {{developer_fullname}},\n\nSomebody asked for an account in {{portal_display_name}} with this address, and you have one already. If you forgot the password, set a new one. If it was not you, there is nothing to do.", "Set a new password",
		},
		"reset-password": {
			"Set a new password for {{portal_display_name}}", "Set a new password",
			"Hello {{developer_fullname}},\n\nSet a new password for your account in {{portal_display_name}}. The link works for one hour, and once.\n\nIf you did not ask for it, ignore this mail: your password stays as it is.", "Set password",
		},
		"developer-invitation": {
			"You are invited to {{portal_display_name}}", "You are invited",
			"Hello {{developer_fullname}},\n\nYou have been invited to the developer portal {{portal_display_name}}. Set a password to sign in. The link works for seven days.", "Set password",
		},
		"account-access-approved": {
			"Your account in {{portal_display_name}} is approved", "Your account is approved",
			"Hello {{developer_fullname}},\n\nYour account in the developer portal {{portal_display_name}} is approved. You can sign in now.", "Sign in",
		},
		"account-access-rejected": {
			"Your account in {{portal_display_name}} is rejected", "Your account is rejected",
			"Hello {{developer_fullname}},\n\nYour account in the developer portal {{portal_display_name}} was rejected, so you cannot sign in.", "",
		},
		"account-access-revoked": {
			"Your account in {{portal_display_name}} is revoked", "Your account is revoked",
			"Hello {{developer_fullname}},\n\nYour account in the developer portal {{portal_display_name}} was revoked. You can no longer sign in. Credentials of your apps go on working until an administrator revokes them.", "",
		},
		"app-registration-approved": {
			"{{application_name}}: access to {{api_name}} approved", "Access approved",
			"Hello {{developer_fullname}},\n\nYour app {{application_name}} may call the API {{api_name}} {{api_version}} now.", "Open the app",
		},
		"app-registration-rejected": {
			"{{application_name}}: access to {{api_name}} rejected", "Access rejected",
			"Hello {{developer_fullname}},\n\nThe request of your app {{application_name}} to use the API {{api_name}} {{api_version}} was rejected. You can ask again on the app's page.", "Open the app",
		},
		"app-registration-revoked": {
			"{{application_name}}: access to {{api_name}} revoked", "Access revoked",
			"Hello {{developer_fullname}},\n\nYour app {{application_name}} may no longer call the API {{api_name}} {{api_version}}. Its calls are refused from now on.", "Open the app",
		},
		"api-key-expiring-soon": {
			"{{application_name}}: an API key expires soon", "An API key expires soon",
			"Hello {{developer_fullname}},\n\nThe API key {{credential_name}} of your app {{application_name}} expires on {{credential_expires_at}}. Create a new one and deploy it before then.", "Open the credentials",
		},
		"api-key-expired": {
			"{{application_name}}: an API key has expired", "An API key has expired",
			"Hello {{developer_fullname}},\n\nThe API key {{credential_name}} of your app {{application_name}} expired on {{credential_expires_at}}. Calls with it are refused. Create a new one to go on.", "Open the credentials",
		},
		MailSecretExpiring: {
			"{{application_name}}: a client secret expires soon", "A client secret expires soon",
			"Hello {{developer_fullname}},\n\nThe secret of your app {{application_name}} with the Client ID {{credential_name}} expires on {{credential_expires_at}}. Create a new one, put it in place, and revoke this one before then.", "Open the credentials",
		},
		MailSecretExpired: {
			"{{application_name}}: a client secret has expired", "A client secret has expired",
			"Hello {{developer_fullname}},\n\nThe secret of your app {{application_name}} with the Client ID {{credential_name}} expired on {{credential_expires_at}}. Calls with it are refused. Create a new one to go on.", "Open the credentials",
		},
		MailClientReplaced: {
			"{{application_name}}: a new Client ID, which needs a secret", "Your app has a new Client ID",
			"Hello {{developer_fullname}},\n\nThe identity provider no longer had the client of your app {{application_name}} with the Client ID {{lost_client_id}}, so calls with it fail. An administrator has registered the app anew, with the Client ID {{client_id}}. Its registrations for APIs stay as they are.\n\nNobody has seen the new client's secret. Regenerate it on the page of the app's credentials, and put the new Client ID and the secret in place of the old ones.", "Open the credentials",
		},
		mailConfirmDeletion: {
			"Delete your account in {{portal_display_name}}?", "Confirm the deletion of your account",
			"Hello {{developer_fullname}},\n\nYou asked to delete your account in {{portal_display_name}}. This removes your apps and their credentials at once, and cannot be undone. The link works for one hour.\n\nIf you did not ask for it, ignore this mail: nothing happens.", "Confirm deletion",
		},
	}
}

func japaneseWording() map[string]Wording {
	return map[string]Wording{
		"confirm-email-address": {
			"{{portal_display_name}}のメールアドレスをご確認ください", "メールアドレスの確認",
			"{{developer_fullname}} 様\n\n{{portal_display_name}}への登録を完了するために、このメールアドレスがご本人のものであることを確認してください。リンクは48時間有効です。\n\nお心当たりのない場合は、このメールを無視してください。", "メールアドレスを確認する",
		},
		mailAccountExists: {
			"{{portal_display_name}}のアカウントはすでにあります", "アカウントはすでにあります",
			"{{developer_fullname}} 様\n\nこのメールアドレスで{{portal_display_name}}への登録の申し込みがありましたが、アカウントはすでにあります。パスワードをお忘れの場合は、新しいパスワードを設定してください。お心当たりのない場合は、何もする必要はありません。", "新しいパスワードを設定する",
		},
		"reset-password": {
			"{{portal_display_name}}の新しいパスワードを設定してください", "新しいパスワードの設定",
			"{{developer_fullname}} 様\n\n{{portal_display_name}}のアカウントに新しいパスワードを設定してください。リンクは1時間有効で、1回だけ使えます。\n\nお心当たりのない場合は、このメールを無視してください。パスワードは変わりません。", "パスワードを設定する",
		},
		"developer-invitation": {
			"{{portal_display_name}}に招待されました", "招待のお知らせ",
			"{{developer_fullname}} 様\n\n開発者ポータル「{{portal_display_name}}」に招待されました。パスワードを設定してサインインしてください。リンクは7日間有効です。", "パスワードを設定する",
		},
		"account-access-approved": {
			"{{portal_display_name}}のアカウントが承認されました", "アカウントが承認されました",
			"{{developer_fullname}} 様\n\n開発者ポータル「{{portal_display_name}}」のアカウントが承認されました。サインインできます。", "サインインする",
		},
		"account-access-rejected": {
			"{{portal_display_name}}のアカウントは承認されませんでした", "アカウントは承認されませんでした",
			"{{developer_fullname}} 様\n\n開発者ポータル「{{portal_display_name}}」のアカウントは承認されませんでした。サインインすることはできません。", "",
		},
		"account-access-revoked": {
			"{{portal_display_name}}のアカウントが取り消されました", "アカウントが取り消されました",
			"{{developer_fullname}} 様\n\n開発者ポータル「{{portal_display_name}}」のアカウントが取り消されました。今後サインインすることはできません。アプリの資格情報は、管理者が取り消すまで引き続き使えます。", "",
		},
		"app-registration-approved": {
			"{{application_name}}: {{api_name}} の利用が承認されました", "利用が承認されました",
			"{{developer_fullname}} 様\n\nアプリ「{{application_name}}」からAPI「{{api_name}} {{api_version}}」を呼び出せるようになりました。", "アプリを開く",
		},
		"app-registration-rejected": {
			"{{application_name}}: {{api_name}} の利用は承認されませんでした", "利用は承認されませんでした",
			"{{developer_fullname}} 様\n\nアプリ「{{application_name}}」によるAPI「{{api_name}} {{api_version}}」の利用の申請は承認されませんでした。アプリのページから再度申請できます。", "アプリを開く",
		},
		"app-registration-revoked": {
			"{{application_name}}: {{api_name}} の利用が取り消されました", "利用が取り消されました",
			"{{developer_fullname}} 様\n\nアプリ「{{application_name}}」からAPI「{{api_name}} {{api_version}}」を呼び出すことはできなくなりました。今後の呼び出しは拒否されます。", "アプリを開く",
		},
		"api-key-expiring-soon": {
			"{{application_name}}: APIキーの有効期限が近づいています", "APIキーの有効期限が近づいています",
			"{{developer_fullname}} 様\n\nアプリ「{{application_name}}」のAPIキー「{{credential_name}}」の有効期限は{{credential_expires_at}}です。期限までに新しいキーを作成し、差し替えてください。", "資格情報を開く",
		},
		"api-key-expired": {
			"{{application_name}}: APIキーの有効期限が切れました", "APIキーの有効期限が切れました",
			"{{developer_fullname}} 様\n\nアプリ「{{application_name}}」のAPIキー「{{credential_name}}」は{{credential_expires_at}}に有効期限が切れました。このキーによる呼び出しは拒否されます。続けて利用するには、新しいキーを作成してください。", "資格情報を開く",
		},
		MailSecretExpiring: {
			"{{application_name}}: Client Secretの有効期限が近づいています", "Client Secretの有効期限が近づいています",
			"{{developer_fullname}} 様\n\nアプリ「{{application_name}}」（Client ID: {{credential_name}}）のClient Secretの有効期限は{{credential_expires_at}}です。期限までに新しいものを作成して差し替え、古いものを取り消してください。", "資格情報を開く",
		},
		MailSecretExpired: {
			"{{application_name}}: Client Secretの有効期限が切れました", "Client Secretの有効期限が切れました",
			"{{developer_fullname}} 様\n\nアプリ「{{application_name}}」（Client ID: {{credential_name}}）のClient Secretは{{credential_expires_at}}に有効期限が切れました。このSecretによる呼び出しは拒否されます。続けて利用するには、新しいものを作成してください。", "資格情報を開く",
		},
		MailClientReplaced: {
			"{{application_name}}: 新しいClient IDにはClient Secretの再生成が必要です", "アプリのClient IDが新しくなりました",
			"{{developer_fullname}} 様\n\nアプリ「{{application_name}}」のクライアント（Client ID: {{lost_client_id}}）がIDプロバイダーから失われ、このIDによる呼び出しは失敗します。管理者がアプリを登録し直し、Client IDは{{client_id}}になりました。APIの利用登録はそのままです。\n\n新しいクライアントのClient Secretは誰にも表示されていません。アプリの資格情報のページで再生成し、新しいClient IDとClient Secretに差し替えてください。", "資格情報を開く",
		},
		mailConfirmDeletion: {
			"{{portal_display_name}}のアカウントを削除しますか", "アカウントの削除の確認",
			"{{developer_fullname}} 様\n\n{{portal_display_name}}のアカウントの削除の申し込みがありました。削除すると、アプリとその資格情報もすぐに削除され、元に戻すことはできません。リンクは1時間有効です。\n\nお心当たりのない場合は、このメールを無視してください。何も変わりません。", "削除を確認する",
		},
	}
}
