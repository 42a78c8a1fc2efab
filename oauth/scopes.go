package oauth

// Personal says whether a scope stands for a signed-in user: it means nothing
// for a client that asks for a token of its own (OpenID Connect Core §5.4).
func Personal(scope string) bool {
	switch scope {
	case "openid", "profile", "email", "phone", "address", "offline_access":
		return true
	}
	return false
}
