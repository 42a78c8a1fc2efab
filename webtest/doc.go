// Package webtest tests pages: as text, with Lint, and in a real browser.
//
//	b := webtest.Start(t)             // Chromium; ends with the test
//	p := b.Page(t, server.URL)        // a tab with cookies of its own
//	p.Open("/apps")
//	p.Click("New App")                // by accessible name, with the mouse
//	p.Fill("Application name", "Checkout")
//	p.Choose("Okta")                  // radio buttons, checkboxes
//	p.Within("Credentials").Click("Revoke")
//	p.See("Client ID")                // waits for it
//
// A Page finds what it acts on in the browser's accessibility tree: what it
// cannot find by role and name, a user of assistive technology cannot find
// either. Whatever a page logs as an error, every refusal by its content
// security policy and every request to another origin fails the test.
//
// Matrix looks at many pages in both themes, all languages and three widths,
// with axe-core and without JavaScript; Screenshots makes pictures of them.
//
// A browser is looked for in $CHROME, then as chromium and google-chrome; the
// file axe.min.js in $AXE (scripts/axe obtains it). Without them tests are
// skipped, or fail where PORTICO_REQUIRE_BROWSER or CI is set.
//
// Only tests import this package. It must not know any page of the product.
package webtest
