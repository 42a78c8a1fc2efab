package portal

import (
	"net/http"

	"portico"
	"portico/developers"
	"portico/webui/page"
)

// chooseTheme remembers light or dark: in the account, or in the browser.
func (p pages) chooseTheme(_ http.ResponseWriter, v *page.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	theme := portico.ThemeMode(f.Choice("theme", string(portico.ThemeLight), string(portico.ThemeDark), string(portico.ThemeSystem)))
	if !f.OK() {
		return portico.Invalid("theme", "enum", "must be light, dark or system")
	}
	v.ChooseTheme(theme)
	if err := p.prefer(v, developers.ProfileChange{Theme: portico.Some(theme)}); err != nil {
		return err
	}
	return v.Redirect(v.Return("/"))
}

// chooseLanguage remembers a language: in the account, and in the browser.
func (p pages) chooseLanguage(_ http.ResponseWriter, v *page.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	language := f.Value("language")
	if !p.Texts.Has(language) {
		return portico.Invalid("language", "enum", "must be one of the portal's languages")
	}
	v.ChooseLanguage(language)
	if err := p.prefer(v, developers.ProfileChange{Language: portico.Some(language)}); err != nil {
		return err
	}
	return v.Redirect(v.Return("/"))
}

func (p pages) prefer(v *page.Visit, change developers.ProfileChange) error {
	if v.Developer == nil {
		return nil
	}
	_, err := p.Developers.ChangeProfile(v.Context(), v.Portal.ID, v.Developer.ID, change)
	return err
}
