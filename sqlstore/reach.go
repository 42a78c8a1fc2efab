package sqlstore

import "portico"

func ipAllowLists() *table[portico.AllowListID, portico.IPAllowList] {
	return &table[portico.AllowListID, portico.IPAllowList]{
		name:  "ip_allow_lists",
		noun:  "IP allow list",
		audit: told(""),
		row: func(l *portico.IPAllowList) []cell {
			return []cell{
				text("id", &l.ID),
				text("portal_id", &l.PortalID),
				document("allowed_ips", &l.AllowedIPs),
				instant("created_at", &l.CreatedAt),
				instant("updated_at", &l.UpdatedAt),
			}
		},
		fields: []string{"id", "portal_id", "created_at", "updated_at"},
	}
}

func emailConfigs() *table[portico.EmailConfigID, portico.EmailConfig] {
	return &table[portico.EmailConfigID, portico.EmailConfig]{
		name:  "email_configs",
		noun:  "e-mail configuration",
		audit: told("from_email"),
		row: func(c *portico.EmailConfig) []cell {
			return []cell{
				text("id", &c.ID),
				text("portal_id", &c.PortalID),
				optionalText("domain_name", &c.DomainName),
				optionalText("from_name", &c.FromName),
				optionalText("from_email", &c.FromEmail),
				optionalText("reply_to_email", &c.ReplyTo),
				instant("created_at", &c.CreatedAt),
				instant("updated_at", &c.UpdatedAt),
			}
		},
		fields: []string{"id", "portal_id", "domain_name", "created_at", "updated_at"},
		unique: map[string]string{
			"email_configs_portal_id_key": "The portal has an e-mail configuration already.",
		},
	}
}

func emailDeliveries() *table[portico.PortalID, portico.EmailDelivery] {
	return &table[portico.PortalID, portico.EmailDelivery]{
		name:  "email_deliveries",
		noun:  "e-mail delivery",
		audit: told("from_email").of("id"),
		row: func(d *portico.EmailDelivery) []cell {
			return []cell{
				text("id", &d.PortalID),
				boolean("enabled", &d.Enabled),
				optionalText("from_email", &d.FromEmail),
				optionalText("reply_to_email", &d.ReplyTo),
				instant("created_at", &d.CreatedAt),
				instant("updated_at", &d.UpdatedAt),
			}
		},
		fields: []string{"id", "enabled", "created_at", "updated_at"},
	}
}

func emailDomains() *table[portico.EmailDomainID, portico.EmailDomain] {
	return &table[portico.EmailDomainID, portico.EmailDomain]{
		name:  "email_domains",
		noun:  "e-mail domain",
		audit: told("domain"),
		row: func(d *portico.EmailDomain) []cell {
			return []cell{
				text("id", &d.ID),
				text("domain", &d.Domain),
				instant("created_at", &d.CreatedAt),
				instant("updated_at", &d.UpdatedAt),
			}
		},
		fields: []string{"id", "domain", "created_at", "updated_at"},
		unique: map[string]string{
			"email_domains_domain_key": "The e-mail domain is there already.",
		},
	}
}

func mails() *table[portico.MailID, portico.Mail] {
	return &table[portico.MailID, portico.Mail]{
		name:  "mails",
		noun:  "mail",
		audit: untold("they tell of changes that are told of themselves"),
		row: func(m *portico.Mail) []cell {
			return []cell{
				text("id", &m.ID),
				optionalText("portal_id", &m.PortalID),
				text("kind", &m.Kind),
				text("recipient", &m.To),
				text("subject", &m.Subject),
				boolean("one_time", &m.OneTime),
				sealed("sealed", &m.Sealed),
				text("state", &m.State),
				number("attempts", &m.Attempts),
				text("last_error", &m.LastError),
				instant("next_try_at", &m.NextTryAt),
				optionalInstant("finished_at", &m.FinishedAt),
				instant("created_at", &m.CreatedAt),
				instant("updated_at", &m.UpdatedAt),
			}
		},
		fields: []string{"id", "portal_id", "kind", "recipient", "subject", "state", "next_try_at", "finished_at", "created_at", "updated_at"},
	}
}
