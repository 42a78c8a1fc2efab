// Package i18n turns keys into texts, and values into words, in the language of
// whoever looks at a page.
//
// Texts lie in locales/LANG/AREA.json, one file for each area (apps, catalog,
// errors…), and are flat: the key is AREA.THING in lower case, the part before
// the first dot names the file.
//
//	{
//	  "apps.title":   "My Apps",
//	  "apps.greeting": "Hello {{.Name}}",
//	  "apps.count":   {"one": "{{.Count}} app", "other": "{{.Count}} apps"}
//	}
//
// Japanese has the plural form "other" only. A placeholder is a name in braces,
// nothing more: no pipelines, no conditions.
//
// The program makes one Bundle. For each request it puts the chosen language
// into the context, and everything below reads it from there:
//
//	bundle, err := i18n.New()
//	lang := bundle.Choose(r, developer.Language, portal.Language)
//	ctx := bundle.With(r.Context(), lang)
//
//	i18n.Lang(ctx)                             // "ja", for <html lang>
//	i18n.T(ctx, "apps.title")                  // My Apps
//	i18n.T(ctx, "apps.greeting", "Name", name) // pairs of name and value
//	i18n.N(ctx, "apps.count", 3)               // 3 apps; Count is given by N
//	i18n.Lookup(ctx, "errors."+code)           // text, ok: for keys that may lack one
//	i18n.Date(ctx, t)                          // 2 Nov 2026, 2026年11月2日
//	i18n.DateTime(ctx, t)                      // 2 Nov 2026, 14:32 UTC
//	i18n.Relative(ctx, t, now)                 // 3 minutes ago
//	i18n.Number(ctx, 1234)                     // 1,234
//	i18n.Percent(ctx, 0.025)                   // 2.5%
//	i18n.Duration(ctx, d)                      // 820 ms, 1.4 s, 3 min, 2 h
//	i18n.Bytes(ctx, n)                         // 1.4 MB
//
// A key that does not exist renders as itself, so that it is seen; the tests of
// this package find such a key, a key that nobody uses, and a call that does
// not fill the text's placeholders, in all of the module's Go and templ code. A
// key put together at run time is written "area.status_" + x: all keys that begin
// with a literal which ends in a dot or an underscore count as used.
//
// The package holds no state besides its texts. It must not know requests
// beyond Choose, and writes no HTML: texts are plain, templ escapes them.
package i18n
