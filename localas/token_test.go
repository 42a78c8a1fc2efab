package localas_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

func (c caller) keySet() jose.JSONWebKeySet {
	c.t.Helper()
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(c.do(c.request("GET", "/oauth2/default/v1/keys", nil)).body, &set); err != nil {
		c.t.Fatal(err)
	}
	return set
}

func (c caller) verified(token string) (*jwt.JSONWebToken, object) {
	c.t.Helper()
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		c.t.Fatal(err)
	}
	claims := object{}
	if err := parsed.Claims(c.keySet(), &claims); err != nil {
		c.t.Fatal(err)
	}
	return parsed, claims
}

func TestAccessTokenIsOktas(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.addScope("orders:read")
	c.manage("POST", "/api/v1/authorizationServers/default/claims", object{
		"name": "client_id", "value": "app.clientId", "valueType": "EXPRESSION", "claimType": "RESOURCE",
	}).object(t, 201)
	app := c.createApp("Orders")
	issued := c.token(app, "orders:read").object(t, 200)
	if issued["token_type"] != "Bearer" || issued["expires_in"] != 3600.0 || issued["scope"] != "orders:read" {
		t.Errorf("token response: %v", issued)
	}
	token, claims := c.verified(issued["access_token"].(string))
	header := token.Headers[0]
	if header.Algorithm != "RS256" || header.KeyID == "" || len(header.ExtraHeaders) != 0 {
		t.Errorf("header must hold alg and kid only: %+v", header)
	}
	for name, want := range map[string]any{
		"ver": 1.0, "iss": c.Issuer, "aud": "api://default", "cid": app.id, "sub": app.id, "client_id": app.id,
	} {
		if claims[name] != want {
			t.Errorf("claim %s is %v, want %v", name, claims[name], want)
		}
	}
	if scopes, _ := claims["scp"].([]any); len(scopes) != 1 || scopes[0] != "orders:read" {
		t.Errorf("scp is %v", claims["scp"])
	}
	if life := claims["exp"].(float64) - claims["iat"].(float64); life != time.Hour.Seconds() {
		t.Errorf("lives %v seconds", life)
	}
	for _, absent := range []string{"uid", "nbf", "scope"} {
		if _, present := claims[absent]; present {
			t.Errorf("claim %s must be absent", absent)
		}
	}
}
