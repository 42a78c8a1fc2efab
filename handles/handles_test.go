package handles_test

import (
	"bytes"
	"path/filepath"
	"testing"
	"time"

	"portico"
	"portico/handles"
	"portico/keyring"
	"portico/secret"
	"portico/sqlstore"
	"portico/storetest"
)

func TestBook(t *testing.T) {
	t.Parallel()
	dir, ctx := t.TempDir(), t.Context()
	store, err := sqlstore.Open(ctx, sqlstore.Config{DSN: "sqlite:" + filepath.Join(dir, "portico.db"), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	ring, _, err := keyring.Open(filepath.Join(dir, "key.json"))
	if err != nil {
		t.Fatal(err)
	}
	w := storetest.Seed(t, store)
	var book, other portico.ClientHandles = handles.Of(store, ring, time.Now, w.Provider.ID), handles.Of(store, ring, time.Now, "another")

	first := portico.ClientHandle{ClientID: "client-1", CreateKey: "key-1", URI: "https://as.example/reg/client-1", Token: secret.Token("")}
	keep(t, book, first)
	keep(t, book, portico.ClientHandle{ClientID: "client-2", CreateKey: "key-2", Token: secret.Token("")})
	want(t, book, first)

	first.URI, first.Token = "https://as.example/reg/moved", secret.Token("")
	keep(t, book, first)
	keep(t, book, first)
	want(t, book, first)

	if _, err := other.Handle(ctx, "client-1"); portico.KindOf(err) != portico.KindNotFound {
		t.Errorf("another provider's book: %v", err)
	}
	if err := book.Keep(ctx, portico.ClientHandle{ClientID: "client-3", CreateKey: "key-1"}); portico.KindOf(err) != portico.KindConflict {
		t.Errorf("two clients under one create key: %v", err)
	}
	if err := store.View(ctx, func(tx portico.Tx) error {
		all, err := tx.ClientHandles().List(ctx, portico.Everything(portico.Where("client_id", "client-1")))
		for _, kept := range all.Items {
			if bytes.Contains(kept.SealedToken, []byte(first.Token.Reveal())) {
				t.Error("the token is kept as it is")
			}
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}

	for range 2 {
		if err := book.Forget(ctx, "client-1"); err != nil {
			t.Errorf("forget: %v", err)
		}
	}
	if _, err := book.Handle(ctx, "client-1"); portico.KindOf(err) != portico.KindNotFound {
		t.Errorf("forgotten, and yet: %v", err)
	}
	if _, err := book.HandleOf(ctx, "key-1"); portico.KindOf(err) != portico.KindNotFound {
		t.Errorf("forgotten, and yet: %v", err)
	}
	if _, err := book.Handle(ctx, "client-2"); err != nil {
		t.Errorf("the other client's handle: %v", err)
	}
}

func keep(t *testing.T, book portico.ClientHandles, h portico.ClientHandle) {
	t.Helper()
	if err := book.Keep(t.Context(), h); err != nil {
		t.Fatal(err)
	}
}

// want the handle to be found in both ways.
func want(t *testing.T, book portico.ClientHandles, h portico.ClientHandle) {
	t.Helper()
	byClient, err := book.Handle(t.Context(), h.ClientID)
	if err != nil || byClient != h {
		t.Errorf("by the client's id: %+v, %v", byClient, err)
	}
	byKey, err := book.HandleOf(t.Context(), h.CreateKey)
	if err != nil || byKey != h {
		t.Errorf("by the create key: %+v, %v", byKey, err)
	}
}
