package audit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/access"
	"portico/audit"
	"portico/secret"
)

func from(ctx context.Context, ip string) context.Context {
	return portico.WithEvent(ctx, portico.Event{Action: "test", ClientIP: ip})
}

// page returns the newest entries of a type.
func (h *house) page(t *testing.T, typ portico.AuditType) []portico.AuditEntry {
	t.Helper()
	p, err := h.Entries.Page(t.Context(), audit.Query{Size: 1000, Filters: []portico.Filter{portico.Where("type", typ)}})
	check(t, err)
	return p.Entries
}

func TestAFloodOfRefusalsIsCountedNotKept(t *testing.T) {
	t.Parallel()
	h := open(t, "sqlite:"+t.TempDir()+"/portico.db")
	bad := portico.SignIn{Way: portico.SignInPAT, Outcome: portico.SignInInvalid}
	for range 300 {
		h.Log.SignIn(from(t.Context(), "192.0.2.1"), bad)
	}
	if got := len(h.page(t, portico.AuditAuthentication)); got != 30 {
		t.Errorf("of one caller's flood %d entries are kept", got)
	}
	for i := range 900 { // from everywhere
		h.Log.SignIn(from(t.Context(), fmt.Sprint("192.0.2.", i)), bad)
	}
	if got := len(h.page(t, portico.AuditAuthentication)); got != 500 {
		t.Errorf("of all floods %d entries are kept", got)
	}
	h.pass(time.Hour)
	h.Log.SignIn(from(t.Context(), "192.0.2.1"), bad)
	kept, leftOut := h.page(t, portico.AuditAuthentication), int64(0)
	for _, e := range kept {
		leftOut += e.LeftOut
	}
	if newest := kept[0]; newest.LeftOut == 0 || leftOut != 1201-501 || newest.Event.ClientIP != "192.0.2.1" || newest.Granted {
		t.Errorf("%d are told to be left out, and the newest is %+v", leftOut, newest)
	}
	// Whoever is let in is never left out.
	for range 40 {
		h.Log.SignIn(from(t.Context(), "192.0.2.1"), portico.SignIn{Way: portico.SignInBasic, Outcome: portico.SignInSuccess, Principal: portico.Principal{ID: "u"}})
	}
	if got := len(h.page(t, portico.AuditAuthentication)); got != 541 {
		t.Errorf("%d entries are kept", got)
	}
}

func TestTokensAndRefusals(t *testing.T) {
	t.Parallel()
	h := open(t, "sqlite:"+t.TempDir()+"/portico.db")
	ctx, ada := from(t.Context(), "192.0.2.1"), portico.Principal{Kind: portico.PrincipalUser, ID: "ada", Name: "ada@example.com"}
	for range 3 {
		h.Log.TokenUsed(ctx, "token", portico.SignIn{Way: portico.SignInPAT, Principal: ada})
	}
	h.Log.TokenUsed(from(t.Context(), "192.0.2.2"), "token", portico.SignIn{Way: portico.SignInPAT, Principal: ada})
	h.pass(61 * time.Minute)
	h.Log.TokenUsed(ctx, "token", portico.SignIn{Way: portico.SignInPAT, Principal: ada})
	used := h.page(t, portico.AuditAuthentication)
	if len(used) != 3 || !used[0].Granted || used[0].Outcome != portico.SignInSuccess || used[0].Event.Principal != ada || used[0].OrgID != h.Organization.ID {
		t.Errorf("%d uses are kept: %+v", len(used), used)
	}
	h.Log.Refused(ctx, access.For(access.Providers, access.Edit, "id"), "p1")
	if e := h.page(t, portico.AuditAuthorization)[0]; e.Granted || e.Resource != "krn:portico:dcr-providers/p1" || e.Event.Action != "test" {
		t.Errorf("the refusal is %+v", e)
	}
}

func TestPagesLeadThereAndBack(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, h *house) {
		for i := range 25 {
			h.record(t, "p", fmt.Sprint(i))
		}
		mine := []portico.Filter{portico.Where("action", "test")}
		ask := func(q audit.Query) (names string, p audit.Page) {
			q.Filters, q.Size = mine, 10
			p, err := h.Entries.Page(t.Context(), q)
			check(t, err)
			for _, e := range p.Entries {
				names += e.ResourceName + " "
			}
			return names, p
		}
		first, one := ask(audit.Query{})
		if first != "24 23 22 21 20 19 18 17 16 15 " || one.HasNewer || !one.HasOlder {
			t.Errorf("first %s %+v", first, one)
		}
		h.record(t, "p", "later") // does not move what follows
		second, two := ask(audit.Query{Older: one.Entries[9].Position})
		third, three := ask(audit.Query{Older: two.Entries[9].Position})
		if second != "14 13 12 11 10 9 8 7 6 5 " || third != "4 3 2 1 0 " || !three.HasNewer || three.HasOlder {
			t.Errorf("then %s and %s, %t %t", second, third, three.HasNewer, three.HasOlder)
		}
		back, four := ask(audit.Query{Newer: three.Entries[0].Position})
		if back != second || !four.HasNewer || !four.HasOlder {
			t.Errorf("back %s", back)
		}
		again, five := ask(audit.Query{Newer: four.Entries[0].Position})
		newest, six := ask(audit.Query{Newer: five.Entries[0].Position})
		if again != first || newest != "later " || six.HasNewer {
			t.Errorf("and %s, %s", again, newest)
		}
		got, err := h.Entries.Entry(t.Context(), one.Entries[3].ID)
		if err != nil || got.ResourceName != "21" {
			t.Errorf("one entry: %+v, %v", got, err)
		}
		if _, err := h.Entries.Entry(t.Context(), "none"); portico.KindOf(err) != portico.KindNotFound {
			t.Errorf("no entry: %v", err)
		}
	})
}

func TestExportVerifyTrim(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		for i := range 1100 {
			if h.record(t, "", fmt.Sprint(i)); i == 599 {
				h.pass(48 * time.Hour)
			}
		}
		var out bytes.Buffer
		check(t, h.Entries.Export(ctx, &out, []portico.Filter{portico.Where("action", "test")}))
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		var last audit.Line
		check(t, json.Unmarshal([]byte(lines[len(lines)-1]), &last))
		if len(lines) != 1100 || last.ResourceName != "1099" || last.Signature == "" || last.Position == 0 {
			t.Errorf("%d lines, the last is %+v", len(lines), last)
		}
		before, err := h.Entries.Verify(ctx, "")
		if err != nil || before.Entries != 1102 || before.Signature != last.Signature || before.Trimmed != 0 {
			t.Errorf("verified: %+v, %v", before, err)
		}
		check(t, h.Entries.Trim(ctx, 24*time.Hour))
		after, err := h.Entries.Verify(ctx, before.Signature)
		if err != nil || after.Entries != 500 || !after.Found || after.Trimmed == 0 {
			t.Errorf("after trimming: %+v, %v", after, err)
		}
		if gone, err := h.Entries.Verify(ctx, "none of them"); err != nil || gone.Found {
			t.Errorf("a signature that is not there: %+v, %v", gone, err)
		}
	})
}

func TestDestinationsAreCareful(t *testing.T) {
	t.Parallel()
	h := open(t, "sqlite:"+t.TempDir()+"/portico.db")
	ctx := t.Context()
	for endpoint, reason := range map[string]string{
		"http://siem.example/in": "https://", "ftp://siem.example": "https://", "siem": "valid URL", "https://": "valid URL",
		"https://user:pw@siem.example": "authorization", "https://siem.example/#x": "fragment", "https://%zz": "valid URL",
	} {
		_, err := h.Destinations.Create(ctx, audit.Destination{Name: portico.Some("x"), Endpoint: portico.Some(endpoint)})
		if portico.KindOf(err) != portico.KindInvalid || !strings.Contains(err.Error(), reason) {
			t.Errorf("%s gives %v", endpoint, err)
		}
	}
	_, err := h.Destinations.Create(ctx, audit.Destination{Endpoint: portico.Some("https://siem.example"), Authorization: portico.Some(secret.New("a\r\nX-Evil: b"))})
	if portico.KindOf(err) != portico.KindInvalid || strings.Contains(err.Error(), "Evil") {
		t.Errorf("a header with two lines gives %v", err)
	}
	id := h.destination(t, "https://siem.example/in", portico.AuditCEF, false)
	// The secret is for the host that it was given for.
	if _, err := h.Destinations.Update(ctx, id, audit.Destination{Endpoint: portico.Some("https://evil.example/in")}); portico.KindOf(err) != portico.KindInvalid {
		t.Errorf("another host gives %v", err)
	}
	changed, err := h.Destinations.Update(ctx, id, audit.Destination{Endpoint: portico.Some("https://siem.example/other")})
	if err != nil || changed.Endpoint != "https://siem.example/other" || bytes.Contains(changed.SealedAuthorization, []byte("hush")) {
		t.Errorf("another path gives %+v, %v", changed, err)
	}
	h.hook(t, audit.Organization(), id)
	if err := h.Destinations.Delete(ctx, id); portico.KindOf(err) != portico.KindConflict {
		t.Errorf("deleting one that is used gives %v", err)
	}
	check(t, h.Webhooks.Delete(ctx, audit.Organization()))
	check(t, h.Destinations.Delete(ctx, id))
	if _, err := h.Webhooks.Get(ctx, audit.OfPortal("none")); portico.KindOf(err) != portico.KindNotFound {
		t.Errorf("the webhook of no portal gives %v", err)
	}
}
