package signon

import (
	"encoding/json"
	"strings"
	"testing"

	"portico"
)

// FuzzReadIdentity holds that whatever an identity provider says is either
// refused or makes an account that can be kept.
func FuzzReadIdentity(f *testing.F) {
	f.Add(`{"email":"Dora@dev.example","email_verified":"true","name":"Dora","groups":["a",1,null]}`)
	f.Add(`{"email":["x"],"groups":"one"}`)
	f.Add(`{"email":" @ ","email_verified":0,"groups":{"a":1}}`)
	f.Fuzz(func(t *testing.T, text string) {
		claims := map[string]any{}
		if json.Unmarshal([]byte(text), &claims) != nil {
			return
		}
		who := readIdentity("https://idp.example", "1", claims, portico.ClaimMappings{Name: "name", Email: "email", Groups: "groups"})
		if len(who.Groups) > maxGroups {
			t.Errorf("%d groups", len(who.Groups))
		}
		if who.Usable() == nil && (!strings.Contains(who.Email, "@") || len(who.Email) > 255 || who.Email != strings.TrimSpace(who.Email)) {
			t.Errorf("the address %q makes an account", who.Email)
		}
		if said, _ := claims["email_verified"].(bool); who.Vouched() && !said && claims["email_verified"] != "true" {
			t.Errorf("vouched for by %v", claims["email_verified"])
		}
	})
}
