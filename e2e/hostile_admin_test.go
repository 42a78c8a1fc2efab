package e2e_test

// makeAdmin makes one of what an organization's admins have around portals.
func (a *attacked) makeAdmin(admin *api, portal string) {
	at := "/v3/portals/" + portal
	a.ids["ip-allow-list/id"] = id(admin.do("POST", at+"/ip-allow-list", object{"allowed_ips": []string{"127.0.0.0/8", "::1"}}, 201))
}

// adminBodies are accepted bodies about all that.
func (a *attacked) adminBodies() map[string]object {
	allowed := object{"allowed_ips": []any{"127.0.0.1", "10.0.0.0/8", "::1"}}
	return map[string]object{
		"create-portal-ip-allow-list": allowed, "put-portal-ip-allow-list": allowed, "update-portal-ip-allow-list": allowed,
	}
}
