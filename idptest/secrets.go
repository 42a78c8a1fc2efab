package idptest

import (
	"portico"
)

// manager gives the adapter's secrets, or skips the test where there are none.
func (f *fixture) manager() portico.SecretManager {
	f.Helper()
	m, ok := f.idp.(portico.SecretManager)
	if !ok {
		f.Skip("the provider's clients hold a single secret")
	}
	return m
}

// replacer gives the adapter's way to exchange a secret, or skips the test.
func (f *fixture) replacer() portico.SecretReplacer {
	f.Helper()
	r, ok := f.idp.(portico.SecretReplacer)
	if !ok {
		f.Skip("the provider does not exchange a client's only secret")
	}
	return r
}

func (f *fixture) secrets(m portico.SecretManager, ref portico.ClientRef) map[string]portico.SecretInfo {
	f.Helper()
	infos, err := m.Secrets(f.Context(), ref)
	f.must("secrets", err)
	byID := map[string]portico.SecretInfo{}
	for _, info := range infos {
		byID[info.ID] = info
	}
	return byID
}

func secretReplaced(f *fixture) {
	r := f.replacer()
	made, _ := f.create(spec("Replaced"))
	second, err := r.ReplaceSecret(f.Context(), made.Ref)
	f.must("replace", err)
	if second.Value.Empty() || second.Value.Equal(made.Secret.Value) || !second.Active {
		f.Fatalf("the new secret is %+v", second.SecretInfo)
	}
	if f.Token != nil {
		f.must("the new secret", f.Token(f.Context(), made.Ref.ClientID, second.Value))
		if f.Token(f.Context(), made.Ref.ClientID, made.Secret.Value) == nil {
			f.Error("the old secret gives a token after it was replaced")
		}
	}
	_, err = r.ReplaceSecret(f.Context(), portico.ClientRef{ClientID: "no-such-client"})
	f.want("replace nobody's", err, portico.IdPNotFound)
}

func secretsOverlap(f *fixture) {
	m := f.manager()
	made, _ := f.create(spec("Overlap"))
	first := f.secrets(m, made.Ref)
	if len(first) != 1 || !first[made.Secret.ID].Active {
		f.Fatalf("a new client has the secrets %+v, its own is %q", first, made.Secret.ID)
	}
	second, err := m.AddSecret(f.Context(), made.Ref)
	f.must("add", err)
	if second.ID == made.Secret.ID || second.Value.Equal(made.Secret.Value) || !second.Active {
		f.Fatalf("the second secret is %+v", second.SecretInfo)
	}
	if all := f.secrets(m, made.Ref); len(all) != 2 || !all[second.ID].Active || !all[made.Secret.ID].Active {
		f.Errorf("after adding: %+v", all)
	}
	if f.Token != nil {
		f.must("the old secret while both are there", f.Token(f.Context(), made.Ref.ClientID, made.Secret.Value))
		f.must("the new secret", f.Token(f.Context(), made.Ref.ClientID, second.Value))
	}
	f.must("revoke", m.RevokeSecret(f.Context(), made.Ref, made.Secret.ID))
	f.must("revoke again", m.RevokeSecret(f.Context(), made.Ref, made.Secret.ID))
	if all := f.secrets(m, made.Ref); len(all) != 1 || !all[second.ID].Active {
		f.Errorf("after revoking: %+v", all)
	}
	if f.Token != nil {
		if f.Token(f.Context(), made.Ref.ClientID, made.Secret.Value) == nil {
			f.Error("a revoked secret gives a token")
		}
		f.must("the new secret after the old one is revoked", f.Token(f.Context(), made.Ref.ClientID, second.Value))
	}
}

func secretsLimit(f *fixture) {
	m := f.manager()
	made, _ := f.create(spec("Limit"))
	for range f.idp.Capabilities().MaxSecrets - 1 {
		_, err := m.AddSecret(f.Context(), made.Ref)
		f.must("add", err)
	}
	if f.SecretsUnlimited {
		return
	}
	_, err := m.AddSecret(f.Context(), made.Ref)
	f.want("one secret too many", err, portico.IdPRejected)
	if all := f.secrets(m, made.Ref); len(all) != f.idp.Capabilities().MaxSecrets {
		f.Errorf("%d secrets, want %d", len(all), f.idp.Capabilities().MaxSecrets)
	}
}

func secretsLast(f *fixture) {
	m := f.manager()
	made, _ := f.create(spec("Last"))
	f.want("revoke the last", m.RevokeSecret(f.Context(), made.Ref, made.Secret.ID), portico.IdPRejected)
	if all := f.secrets(m, made.Ref); !all[made.Secret.ID].Active {
		f.Errorf("the last secret is not there any more: %+v", all)
	}
	f.must("revoke an unknown one", m.RevokeSecret(f.Context(), made.Ref, "no-such-secret"))
	ghost := portico.ClientRef{ClientID: "no-such-client", ExternalID: "no-such-object"}
	_, err := m.AddSecret(f.Context(), ghost)
	f.want("add to nobody", err, portico.IdPNotFound)
	_, err = m.Secrets(f.Context(), ghost)
	f.want("secrets of nobody", err, portico.IdPNotFound)
}
