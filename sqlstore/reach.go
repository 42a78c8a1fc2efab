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
