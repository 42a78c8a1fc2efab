package sqlstore

import (
	"database/sql/driver"
	"encoding/json"

	"portico"
)

func providers() *table[portico.ProviderID, portico.Provider] {
	return &table[portico.ProviderID, portico.Provider]{
		name:  "dcr_providers",
		noun:  "DCR provider",
		audit: told("name"),
		row: func(p *portico.Provider) []cell {
			return []cell{
				text("id", &p.ID),
				text("name", &p.Name),
				optionalText("display_name", &p.DisplayName),
				text("provider_type", &p.Type),
				text("issuer", &p.Issuer),
				document("dcr_config", &p.Config),
				sealed("sealed_secret", &p.SealedSecret),
				document("labels", &p.Labels),
				instant("created_at", &p.CreatedAt),
				instant("updated_at", &p.UpdatedAt),
			}
		},
		fields: []string{"id", "name", "display_name", "provider_type", "issuer", "created_at", "updated_at"},
		more: map[string]field{
			"initial_client_id":       member("dcr_providers.dcr_config", "initial_client_id"),
			"initial_client_audience": member("dcr_providers.dcr_config", "initial_client_audience"),
			"labels":                  labels("dcr_providers.labels"),
		},
		change: routingChange[portico.Provider],
	}
}

func strategies() *table[portico.StrategyID, portico.Strategy] {
	const provider = " FROM dcr_providers p WHERE p.id = auth_strategies.dcr_provider_id"
	return &table[portico.StrategyID, portico.Strategy]{
		name:  "auth_strategies",
		noun:  "application auth strategy",
		audit: told("name"),
		row: func(s *portico.Strategy) []cell {
			return []cell{
				text("id", &s.ID),
				text("name", &s.Name),
				text("display_name", &s.DisplayName),
				text("strategy_type", &s.Type),
				document("key_auth", &s.KeyAuth),
				{column: "openid_connect", target: oidcText{&s.OIDC}},
				optionalText("dcr_provider_id", &s.ProviderID),
				optionalBoolean("principals", &s.Principals),
				document("labels", &s.Labels),
				instant("created_at", &s.CreatedAt),
				instant("updated_at", &s.UpdatedAt),
			}
		},
		fields: []string{"id", "name", "display_name", "strategy_type", "dcr_provider_id", "created_at", "updated_at"},
		more: map[string]field{
			"dcr_provider_name": related("SELECT p.name" + provider),
			"dcr_provider_type": related("SELECT p.provider_type" + provider),
			"labels":            labels("auth_strategies.labels"),
		},
		change: routingChange[portico.Strategy],
	}
}

// oidcText keeps an OIDC configuration as JSON, and what the admin wrote to
// the letter: as a JSON value it would lose its spaces.
type oidcText struct{ config **portico.OIDCConfig }

type oidcRow struct {
	portico.OIDCConfig
	Raw string // in place of the embedded one
}

func (oidcText) isJSON() {}

func (o oidcText) Value() (driver.Value, error) {
	var row *oidcRow
	if c := *o.config; c != nil {
		row = &oidcRow{*c, string(c.Raw)}
	}
	return jsonText[*oidcRow]{&row}.Value()
}

func (o oidcText) Scan(src any) error {
	var row *oidcRow
	if err := (jsonText[*oidcRow]{&row}).Scan(src); err != nil || row == nil {
		return err
	}
	*o.config = &row.OIDCConfig
	if row.Raw != "" {
		row.OIDCConfig.Raw = json.RawMessage(row.Raw)
	}
	return nil
}

func clientHandles() *table[portico.ClientHandleID, portico.KeptHandle] {
	return &table[portico.ClientHandleID, portico.KeptHandle]{
		name:  "client_handles",
		noun:  "client handle",
		audit: untold("an identity provider's own, which changes with its answers"),
		row: func(h *portico.KeptHandle) []cell {
			return []cell{
				text("id", &h.ID),
				text("dcr_provider_id", &h.ProviderID),
				text("client_id", &h.ClientID),
				text("create_key", &h.CreateKey),
				text("uri", &h.URI),
				sealed("sealed_token", &h.SealedToken),
				instant("created_at", &h.CreatedAt),
				instant("updated_at", &h.UpdatedAt),
			}
		},
		fields: []string{"id", "dcr_provider_id", "client_id", "create_key", "created_at", "updated_at"},
		unique: map[string]string{
			"client_handles_client_id_key":  "The client has a handle already.",
			"client_handles_create_key_key": "A client was made under this key already.",
		},
	}
}

func inventories() *table[portico.ProviderID, portico.Inventory] {
	return &table[portico.ProviderID, portico.Inventory]{
		name:  "inventories",
		noun:  "inventory",
		audit: untold("what was found at an identity provider; what is done about it is told"),
		row: func(i *portico.Inventory) []cell {
			return []cell{
				text("id", &i.ProviderID),
				optionalInstant("checked_at", &i.CheckedAt),
				number("clients", &i.Clients),
				number("foreign_clients", &i.Foreign),
				number("unreadable_clients", &i.Unreadable),
				document("unseen", &i.Unseen),
				document("findings", &i.Findings),
				text("last_error", &i.LastError),
				instant("due_at", &i.DueAt),
				instant("created_at", &i.CreatedAt),
				instant("updated_at", &i.UpdatedAt),
			}
		},
		fields: []string{"id", "checked_at", "due_at", "created_at", "updated_at"},
	}
}

func ignoredFindings() *table[portico.IgnoredFindingID, portico.IgnoredFinding] {
	return &table[portico.IgnoredFindingID, portico.IgnoredFinding]{
		name:  "ignored_findings",
		noun:  "ignored finding",
		audit: told("name"),
		row: func(f *portico.IgnoredFinding) []cell {
			return []cell{
				text("id", &f.ID),
				text("dcr_provider_id", &f.ProviderID),
				text("finding_id", &f.FindingID),
				text("name", &f.Name),
				text("ignored_by", &f.IgnoredBy),
				instant("created_at", &f.CreatedAt),
				instant("updated_at", &f.UpdatedAt),
			}
		},
		fields: []string{"id", "dcr_provider_id", "finding_id", "created_at", "updated_at"},
		unique: map[string]string{
			"ignored_findings_finding_id_key": "The finding is ignored already.",
		},
	}
}
