package localas

import (
	"net/http"
	"slices"
	"strings"

	"portico/localas/dialect"
	"portico/secret"
)

// authenticateManagement admits a call of the management API by an API token,
// which may do everything, or by an access token with the scope.
func (s *Server) authenticateManagement(r *http.Request, scope string) error {
	scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	value = strings.TrimSpace(value)
	switch {
	case value == "":
		return dialect.InvalidToken()
	case strings.EqualFold(scheme, "SSWS"):
		_, known, err := s.tokens.Use(r.Context(), secret.New(value))
		if err == nil && !known {
			err = dialect.InvalidToken()
		}
		return err
	case strings.EqualFold(scheme, "Bearer"):
		claims, live, err := s.verify(r.Context(), s.org(), s.base, value)
		if err != nil {
			return err
		}
		if !live {
			return dialect.InvalidToken()
		}
		if scope == "" || !slices.Contains(claims.Scopes, scope) && !slices.Contains(claims.Scopes, manageForm(scope)) {
			return dialect.Forbidden()
		}
		return nil
	}
	return dialect.InvalidToken()
}

// manageForm is the scope that includes the given one.
func manageForm(scope string) string {
	area, _ := strings.CutSuffix(scope, ".read")
	area, _ = strings.CutSuffix(area, ".register")
	return strings.TrimSuffix(area, ".manage") + ".manage"
}
