package desk

import (
	"portico/access"
	"portico/webui/design"
)

// SettingsPath is the first part of the settings: the organization itself. The
// other parts are below it.
const SettingsPath = "/settings"

// SettingsNeed is what every part of the settings needs to be looked at.
func SettingsNeed() access.Need { return access.For(access.Organization, access.View, "") }

// SettingsTabs are the parts of the settings; current is the path of the one
// that is shown.
func SettingsTabs(v *Visit, current string) []design.Tab {
	tabs := []design.Tab{
		{Href: SettingsPath, Label: v.T("console.settings_organization")},
		{Href: SettingsPath + "/admins", Label: v.T("console.settings_admins")},
		{Href: SettingsPath + "/teams", Label: v.T("console.settings_teams")},
		{Href: SettingsPath + "/roles", Label: v.T("console.settings_roles")},
		{Href: SettingsPath + "/system-accounts", Label: v.T("console.settings_accounts")},
		{Href: SettingsPath + "/sign-on", Label: v.T("console.settings_sign_on")},
		{Href: SettingsPath + "/keys", Label: v.T("console.settings_keys")},
		{Href: SettingsPath + "/backup", Label: v.T("console.settings_backup")},
	}
	for n := range tabs {
		tabs[n].Current = tabs[n].Href == current
	}
	return tabs
}
