package settings

import (
	"net/http"

	"portico/rekey"
	"portico/webui/design"
	"portico/webui/desk"
)

const (
	keysPath   = desk.SettingsPath + "/keys"
	backupPath = desk.SettingsPath + "/backup"
)

func (p pages) keyRoutes() []desk.Route {
	return []desk.Route{
		desk.On("GET /settings/keys", p.keys, desk.SettingsNeed()),
		desk.On("GET /settings/backup", p.backup, desk.SettingsNeed()),
	}
}

// keysView is which keys are in use.
type keysView struct {
	rekey.Status
	Tabs []design.Tab
}

func (p pages) keys(w http.ResponseWriter, v *desk.Visit) error {
	status, err := p.Keys.Status(v.Context())
	if err != nil {
		return err
	}
	return v.Render(w, http.StatusOK, v.T("console.settings_keys"), keysPage(keysView{status, desk.SettingsTabs(v, keysPath)}))
}

// backup says what to save, and how.
func (p pages) backup(w http.ResponseWriter, v *desk.Visit) error {
	return v.Render(w, http.StatusOK, v.T("console.settings_backup"), backupPage(desk.SettingsTabs(v, backupPath)))
}
