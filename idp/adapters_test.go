package idp_test

import (
	"errors"
	"strconv"
	"testing"

	"portico"
	"portico/idp"
	"portico/secret"
)

// made is an adapter that knows only which one it is.
type made struct {
	portico.IdP
	serial int
}

func TestAdaptersAreKept(t *testing.T) {
	t.Parallel()
	serial := 0
	adapters := idp.NewAdapters(map[portico.ProviderType]idp.Constructor{
		portico.ProviderOkta: func(p portico.Provider, _ secret.Text) (portico.IdP, error) {
			if p.Issuer == "bad" {
				return nil, errors.New("bad issuer")
			}
			serial++
			return made{serial: serial}, nil
		},
	})
	p := portico.Provider{ID: "1", Type: portico.ProviderOkta, Issuer: "a", Config: portico.ProviderConfig{InitialClientAudience: new("x")}}
	token := secret.New("t")
	want := func(p portico.Provider, credential secret.Text, serial int) {
		t.Helper()
		got, err := adapters.IdP(p, credential)
		if err != nil || got.(made).serial != serial {
			t.Errorf("got %v, %v, want number %d", got, err, serial)
		}
	}
	want(p, token, 1)
	want(p, token, 1)
	want(p, secret.New("other"), 2)
	p.Name, p.Config.InitialClientAudience = "renamed", new("x")
	want(p, secret.New("other"), 2)
	p.Config.InitialClientAudience = new("y") // at the same time
	want(p, secret.New("other"), 3)
	p.Issuer = "b"
	want(p, secret.New("other"), 4)
	q := p
	q.ID = "2"
	want(q, token, 5)
	want(p, secret.New("other"), 4)

	q.ID = "" // not saved yet
	want(q, token, 6)
	want(q, token, 7)

	if _, err := adapters.IdP(portico.Provider{ID: "3", Type: portico.ProviderOkta, Issuer: "bad"}, token); err == nil {
		t.Error("a constructor's error is lost")
	}
	_, err := adapters.IdP(portico.Provider{ID: "4", Type: portico.ProviderCurity}, token)
	wantKind(t, err, portico.IdPRejected)

	for i := range 2500 {
		if _, err := adapters.IdP(portico.Provider{ID: portico.ProviderID("many" + strconv.Itoa(i)), Type: portico.ProviderOkta}, token); err != nil {
			t.Fatal(err)
		}
	}
	want(p, secret.New("other"), serial+1) // made anew: not every adapter is kept for ever
}
