package webtest_test

import (
	"strings"
	"testing"

	"portico/webtest"
)

func TestLint(t *testing.T) {
	t.Parallel()
	webtest.Lint(t, document("en", order))
	webtest.Lint(t, document("ja", `<h2>二</h2><nav aria-label="Main"><a href="/"><img src="/logo.svg" alt="Home"></a></nav><nav aria-label="Foot"><a href="#main">Up</a></nav>
		<p><code>{{.Name}} apps.some_title</code> openapi.json</p><article><table><tr><td>1</td></tr></table></article><table><caption>Keys</caption><tr><th scope="col">Name</th></tr></table>
		<label for="pw">Password</label><input id="pw" type="password" autocomplete="new-password" aria-describedby="hint"><p id="hint">Long</p>
		<input type="hidden" name="a"><input type="submit" value="Send"><a href="https://example.com/" target="_blank" rel="noopener">Out</a>`))
}

func TestLintFindsFaults(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		`<p id="a"></p><p id="a"></p>`:                            `"a" is there 2 times`,
		`<h1>Two</h1>`:                                            `one h1 is wanted`,
		`<h3>Deep</h3>`:                                           `h3 follows h1`,
		`<h2></h2>`:                                               `is empty`,
		`<input name="x">`:                                        `has no label`,
		`<label></label>`:                                         `labels nothing`,
		`<label for="x">X</label>`:                                `for="x" names nothing`,
		`<p aria-describedby="x">X</p>`:                           `aria-describedby="x" names nothing`,
		`<label>P <input type="password"></label>`:                `says by autocomplete`,
		`<input type="submit">`:                                   `has no name`,
		`<input type="image" src="/a.png">`:                       `has no alt`,
		`<button><svg aria-hidden="true"></svg></button>`:         `has no name`,
		`<a href="/x"></a>`:                                       `a link needs a name`,
		`<a href="#">Top</a>`:                                     `a link needs a name`,
		`<img src="/x.png">`:                                      `has no alt`,
		`<table></table>`:                                         `has no caption`,
		`<iframe src="/x"></iframe>`:                              `has no name`,
		`<nav>a</nav><nav aria-label="x">b</nav>`:                 `need names that differ`,
		`<nav aria-label="x">a</nav><nav aria-label="x">b</nav>`:  `need names that differ`,
		`<aside>a</aside><aside>b</aside>`:                        `need names that differ`,
		`<main>again</main>`:                                      `one main landmark`,
		`<p style="color:red">x</p>`:                              `has a style attribute`,
		`<p onclick="x()">x</p>`:                                  `has the handler onclick`,
		`<a href="JavaScript:x()">x</a>`:                          `runs a script`,
		`<script>x()</script>`:                                    `script inside the document`,
		`<style>p{}</style>`:                                      `<style> inside`,
		`<script src="https://cdn.example/x.js"></script>`:        `fetched from elsewhere`,
		`<img alt="" src="//cdn.example/x.png">`:                  `fetched from elsewhere`,
		`<a href="https://a.example" target="_blank">x</a>`:       `without rel=noopener`,
		`<p tabindex="2">x</p>`:                                   `order of the keyboard`,
		`<dialog aria-label="d" autofocus></dialog>`:              `autofocus belongs`,
		`<a href="/" aria-current="false">x</a>`:                  `leave aria-current out`,
		`<p>Hello {{.Name}}</p>`:                                  `not filled in`,
		`<p>Hello &lt;no value&gt;</p>`:                           `not filled in`,
		`<p>%!d(string=x)</p>`:                                    `not filled in`,
		`<p>apps.status_pending</p>`:                              `not filled in`,
		`<label for="e"></label><input id="e">`:                   `has no label`,
		`<label><span aria-hidden="true">x</span><input></label>`: `has no label`,
	} {
		if got := strings.Join(webtest.LintFaults(document("en", content)), "\n"); !strings.Contains(got, want) {
			t.Errorf("%s: want %q, got %q", content, want, got)
		}
	}
	for page, want := range map[string]string{
		`<html><title>x</title><main><h1>x</h1></main>`:        `no lang`,
		`<html lang="en"><main><h1>x</h1></main>`:              `no title`,
		`<html lang="en"><title>x</title><main></main>`:        `one h1`,
		`<html lang="en"><title>x</title><h1>x</h1>`:           `one main`,
		`<html lang="en"><svg><title>x</title></svg><h1>x</h1`: `no title`,
	} {
		if got := strings.Join(webtest.LintFaults("<!doctype html>"+page), "\n"); !strings.Contains(got, want) {
			t.Errorf("%s: want %q, got %q", page, want, got)
		}
	}
}

func FuzzLint(f *testing.F) {
	f.Add(document("en", order))
	f.Add(`<a <b id=x id=x><label for><svg><title>`)
	f.Fuzz(func(t *testing.T, page string) { webtest.LintFaults(page) })
}
