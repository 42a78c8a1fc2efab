package bench_test

import (
	"fmt"
	"testing"
	"time"

	"portico"
	"portico/compile"
	"portico/password"
	"portico/secret"
	"portico/storetest"
)

// BenchmarkControlPlane measures portal and management API in a house with
// 10,000 applications.
func BenchmarkControlPlane(b *testing.B) {
	for _, on := range []struct {
		name     string
		database func(testing.TB) string
	}{
		{"SQLite", func(testing.TB) string { return "" }},
		{"PostgreSQL", storetest.Postgres},
	} {
		b.Run(on.name, func(b *testing.B) {
			h := newHouse(b, on.database(b))
			b.Run("create application", h.createApplication)
			b.Run("sign in", h.measureSignIn)
			b.Run("list applications", h.list("?page%%5Bnumber%%5D=%d", 10))
			b.Run("list 100 applications", h.list("?page%%5Bsize%%5D=100&page%%5Bnumber%%5D=%d", 100))
			b.Run("publish again", h.publishAgain)
			b.Run("compile all", h.compileAll)
			b.Run("compile registration", h.compileRegistration)
			b.Run("page", h.pages)
		})
	}
}

// createApplication creates applications as a developer does. The overhead is
// what is not the identity provider's.
func (h *house) createApplication(b *testing.B) {
	developer, _ := h.signIn(0, 0)
	var total, idp, overhead timings
	for b.Loop() {
		before := h.idp.spent.Load()
		body := object{"name": "New " + portico.NewRandomID(), "redirect_uri": "https://example.com/callback"}
		answer, took := developer.send("POST", "/api/v3/applications", body, 201)
		spent := time.Duration(h.idp.spent.Load() - before)
		total, idp, overhead = append(total, took), append(idp, spent), append(overhead, took-spent)
		developer.send("DELETE", "/api/v3/applications/"+idIn(b, answer), nil, 204) // the portal stays as large as it is
	}
	total.report(b, "total-")
	idp.report(b, "idp-")
	overhead.report(b, "overhead-")
}

// measureSignIn signs developers in, and hashes a password by itself for
// comparison.
func (h *house) measureSignIn(b *testing.B) {
	hash, err := password.Hash(secret.New(developerPassword))
	if err != nil {
		b.Fatal(err)
	}
	var total, argon timings
	tries := 0
	for b.Loop() {
		_, took := h.signIn(tries%h.developers, tries+1)
		tries++
		began := time.Now()
		if !password.Verify(hash, secret.New(developerPassword)) {
			b.Fatal("the password is not the one that was hashed")
		}
		total, argon = append(total, took), append(argon, time.Since(began))
	}
	total.report(b, "")
	b.ReportMetric(milliseconds(argon.percentile(50)), "argon2id-p50-ms")
}

// list reads the portal's applications by the management API, one of the first
// pages after the other.
func (h *house) list(query string, pages int) func(b *testing.B) {
	return func(b *testing.B) {
		var took timings
		for b.Loop() {
			_, t := h.admin.send("GET", "/v3/portals/"+h.portal+"/applications"+fmt.Sprintf(query, len(took)%pages+1), nil, 200)
			took = append(took, t)
		}
		took.report(b, "")
	}
}

// publishAgain changes the publication of the API that every application is
// registered for: Portico looks for those that its strategy shuts out.
func (h *house) publishAgain(b *testing.B) {
	at := "/v3/apis/" + h.api + "/publications/" + h.portal
	var took timings
	for b.Loop() {
		_, t := h.admin.send("PUT", at, object{"auth_strategy_ids": []string{h.strategy}, "visibility": "public"}, 200)
		took = append(took, t)
	}
	took.report(b, "")
}

// compileAll compiles the gateways' whole configuration.
func (h *house) compileAll(b *testing.B) {
	compiler := compile.Source{Store: h.store}
	var took timings
	for b.Loop() {
		began := time.Now()
		s, err := compiler.Full(b.Context())
		took = append(took, time.Since(began))
		if err != nil || len(s.Applications) < applications {
			b.Fatalf("%d applications, %v", len(s.Applications), err)
		}
	}
	took.report(b, "")
}

// compileRegistration compiles what one registration has changed.
func (h *house) compileRegistration(b *testing.B) {
	compiler, ctx := compile.Source{Store: h.store}, b.Context()
	full, err := compiler.Full(ctx)
	if err != nil {
		b.Fatal(err)
	}
	registration := portico.RegistrationID(h.admin.first("/v3/portals/" + h.portal + "/application-registrations"))
	version := full.Version
	var took timings
	for b.Loop() {
		err := h.store.Update(ctx, func(tx portico.Tx) error {
			_, err := tx.Registrations().Change(ctx, registration, func(*portico.Registration) error { return nil })
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		began := time.Now()
		d, ok, err := compiler.Since(ctx, version)
		took = append(took, time.Since(began))
		if err != nil || !ok || len(d.Upserted) != 1 {
			b.Fatalf("%d applications, %t, %v", len(d.Upserted), ok, err)
		}
		version = d.To
	}
	took.report(b, "")
}
