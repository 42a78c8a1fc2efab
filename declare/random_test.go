package declare_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"portico/declare"
)

// TestRandomSetsConverge takes Porticos from one random set of files to another:
// whatever was there before, there is nothing to change after, and what is
// exported then makes the same out of an empty Portico.
func TestRandomSetsConverge(t *testing.T) {
	t.Parallel()
	runs := 0
	rapid.Check(t, func(r *rapid.T) {
		if runs++; runs > 6 {
			return // each run is a few hundred requests
		}
		h := newHouse(t)
		prune := options()
		prune.Prune = true
		for range 3 {
			dir := write(t, randomSet(r))
			h.apply(t, dir, prune)
			h.settled(t, dir, prune)
		}
		exported, files := h.export(t, "")
		other := newHouse(t)
		other.apply(t, exported, prune)
		_, again := other.export(t, "")
		sameFiles(t, files.Files, again.Files)
		if t.Failed() {
			r.FailNow()
		}
	})
}

// randomSet makes a set of files in which everything that is named is there.
func randomSet(r *rapid.T) map[string]string {
	files := map[string]string{"a.md": "# A\n", "b.md": "B", "spec.json": `{"openapi":"3.1.0","info":{"title":"x","version":"1"},"paths":{}}`}
	var b strings.Builder
	b.WriteString(header)
	some := func(label string, of ...string) []string {
		picked := rapid.SliceOfNDistinct(rapid.SampledFrom(of), 0, len(of), func(s string) string { return s }).Draw(r, label)
		return picked
	}
	one := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(r, label) }
	maybe := func(line string, args ...any) {
		if rapid.Bool().Draw(r, line) {
			fmt.Fprintf(&b, line, args...)
		}
	}
	labels := func(indent string) {
		b.WriteString(indent + "labels:")
		names := some("labels", "env", "Env", "KONGCTL-x")
		if len(names) == 0 {
			b.WriteString(" {}")
		}
		b.WriteString("\n")
		for _, name := range names {
			fmt.Fprintf(&b, "%s  %s: %s\n", indent, name, one("value", "a", "b"))
		}
	}
	list := func(indent, name string, items []string, write func(string)) {
		if len(items) == 0 {
			fmt.Fprintf(&b, "%s%s: []\n", indent, name)
			return
		}
		fmt.Fprintf(&b, "%s%s:\n", indent, name)
		for _, item := range items {
			write(item)
		}
	}
	strategies := some("strategies", "keys", "more keys")
	list("", "auth_strategies", strategies, func(name string) {
		fmt.Fprintf(&b, "  - name: %s\n    display_name: %s\n    strategy_type: key_auth\n    configs: {key-auth: {key_names: [%s], ttl: %s}}\n",
			name, one("display", `""`, "Keys", `"5"`), one("key", "apikey", "k"), one("ttl", "null", "{value: 1, unit: days}", "{value: 1, unit: years}"))
		labels("    ")
	})
	services := some("services", "s1", "s2")
	b.WriteString("control_planes:\n  - name: plane\n")
	labels("    ")
	list("    ", "services", services, func(name string) {
		fmt.Fprintf(&b, "      - name: %s\n        url: %s\n        tags: [%s]\n", name, one("url", "http://a", "https://a:443/x%20y", "http://b:81/"), strings.Join(some("tags", "x", "y"), ", "))
	})
	list("    ", "routes", some("routes", "r1", "r2", "r3"), func(name string) {
		fmt.Fprintf(&b, "      - name: %s\n        service: %s\n        paths: [%s]\n", name, one("service", append(slices.Clone(services), "null")...), one("path", "/a", "/b", `"~/c/[0-9]+$"`))
		maybe("        headers: {x: [\"%d\"]}\n", rapid.IntRange(1, 2).Draw(r, "header"))
	})
	portals := some("portals", "dev", "ops")
	list("", "portals", portals, func(name string) {
		fmt.Fprintf(&b, "  - name: %s\n    description: %s\n    default_application_auth_strategy: %s\n", name, one("description", "null", `"# : - [x]"`, "two words"), one("default", append(slices.Clone(strategies), "null")...))
		labels("    ")
		randomTree(r, &b, "    ", "pages", []string{"a", "b", "c", "/"})
		list("    ", "teams", some("teams", "t1", "t2"), func(team string) {
			fmt.Fprintf(&b, "      - {name: %s, can_own_applications: %v}\n", team, rapid.Bool().Draw(r, "own"))
		})
		fmt.Fprintf(&b, "    custom_domain: %s\n", one("domain", "null", name+".example", "www."+name+".example"))
		fmt.Fprintf(&b, "    customization: {theme: {mode: %s}, css: %s}\n", one("mode", "light", "dark"), one("css", "null", "a.css"))
		files["a.css"] = "a{color:red}"
	})
	list("", "apis", some("apis", "x", "y"), func(slug string) {
		fmt.Fprintf(&b, "  - slug: %s\n    name: %s\n    version: %s\n", slug, slug, one("version", "null", "v1", `"1.0"`))
		list("    ", "versions", some("versions", "1.0", "2.0"), func(v string) { fmt.Fprintf(&b, "      - {version: %q, spec: spec.json}\n", v) })
		randomTree(r, &b, "    ", "documents", []string{"a", "b", "c"})
		list("    ", "publications", slices.Sorted(slices.Values(portals)), func(portal string) {
			fmt.Fprintf(&b, "      - {portal: %s, auth_strategy: %s, visibility: %s}\n", portal, one("strategy", append(slices.Clone(strategies), "null")...), one("visibility", "public", "private"))
		})
		targets := []string{"{control_plane: plane}"}
		if len(services) > 0 && rapid.Bool().Draw(r, "by service") {
			targets = targets[:0]
			for _, s := range services {
				targets = append(targets, "{control_plane: plane, service: "+s+"}")
			}
		}
		list("    ", "implementations", some("implementations", targets...), func(target string) { b.WriteString("      - " + target + "\n") })
	})
	files["set.yaml"] = b.String()
	return files
}

// randomTree writes each slug at most once, somewhere in two levels.
func randomTree(r *rapid.T, b *strings.Builder, indent, name string, slugs []string) {
	order := rapid.Permutation(slugs).Draw(r, name)
	count := rapid.IntRange(0, len(order)).Draw(r, "count")
	fmt.Fprintf(b, "%s%s:", indent, name)
	if count == 0 {
		b.WriteString(" []\n")
		return
	}
	b.WriteString("\n")
	below := false
	for i, slug := range order[:count] {
		deeper := i > 0 && slug != "/" && rapid.Bool().Draw(r, "below")
		at := indent + "  "
		if deeper {
			at += "    "
			if !below {
				fmt.Fprintf(b, "%s  children:\n", indent+"  ")
			}
		}
		below = deeper
		fmt.Fprintf(b, "%s- slug: %s\n%s  title: %s\n%s  content: %s\n", at, slug, at, rapid.SampledFrom([]string{"One", "Two"}).Draw(r, "title"), at, rapid.SampledFrom([]string{"a.md", "b.md"}).Draw(r, "content"))
	}
}

// FuzzFiles holds that no file makes Load do anything but answer with entities
// or with faults that have a place.
func FuzzFiles(f *testing.F) {
	f.Add(everything)
	f.Add(header + "portals: [{name: a, labels: {a: b}}]\n")
	f.Add(header + "apis:\n- slug: |\n    x\n  name: !!str y\n  attributes: {? a : [b]}\n")
	f.Add("--- \n%YAML 1.2\n---\n_format: *x\n<<: {}\n")
	f.Fuzz(func(t *testing.T, text string) {
		dir := write(t, map[string]string{"a.yaml": text, "plain.md": "x"})
		d, err := declare.Load(dir + "/a.yaml")
		if (d == nil) == (err == nil) {
			t.Fatalf("%v and %v", d, err)
		}
		if err != nil && !strings.Contains(faults(t, err), "a.yaml:") {
			t.Errorf("no place: %v", err)
		}
	})
}

// TestExportsAreStable: twice the same, file by file.
func TestExportsAreStable(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.apply(t, write(t, everythingFiles(t)), options())
	_, one := h.export(t, "")
	for _, plane := range h.ids(t, "/v2/control-planes") { // files have no consumers, nor what is limited to them
		at := "/v2/control-planes/" + plane + "/core-entities"
		h.send(t, "POST", at+"/consumers", `{"username":"c"}`)
		h.send(t, "POST", at+"/consumers/c/plugins", `{"name":"rate-limiting","config":{"minute":1}}`)
	}
	_, two := h.export(t, "")
	sameFiles(t, one.Files, two.Files)
	names := slices.Sorted(maps.Keys(one.Files))
	want := []string{
		"api_packages/bundle/documents/about.md", "api_packages/bundle/icon.svg",
		"apis/orders-v2/documents/end.md", "apis/orders-v2/documents/more.md", "apis/orders-v2/documents/start.md", "apis/orders-v2/icon.png",
		"apis/orders-v2/versions/2.0.0.json", "apis/orders-v2/versions/2.1.0.json", "apis/plain/versions/1.yaml", "portals/dev/customization.css", "portals/dev/favicon.png", "portals/dev/logo.svg",
		"portals/dev/pages/guides.md", "portals/dev/pages/guides/first.md", "portals/dev/pages/guides/first/deep.md", "portals/dev/pages/guides/second.md",
		"portals/dev/pages/index.md", "portals/dev/pages/matter.md", "portals/dev/snippets/hint.md", "portico.yaml",
	}
	if !slices.Equal(names, want) {
		t.Errorf("the files are %q", names)
	}
}
