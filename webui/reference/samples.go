package reference

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Sample is a request in a programming language.
type Sample struct {
	Label    string // curl, Python…
	Language string // as package markdown colours it
	Code     string
}

// Samples writes the request in every language that there is.
func (r Request) Samples() []Sample {
	return []Sample{
		{"curl", "bash", r.curl()}, {"Python", "python", r.python()}, {"JavaScript", "javascript", r.javaScript()}, {"Go", "go", r.golang()},
	}
}

// variables are the placeholders that a sample reads from the environment.
var variables = []string{"CLIENT_ID", "CLIENT_SECRET", "TOKEN", "API_KEY"}

// expression writes a text as an expression in which the variables are looked
// up: parts of text, and what reads a variable, joined by +.
func expression(s string, quote func(string) string, lookUp func(string) string) string {
	var parts []string
	for rest := s; rest != ""; {
		at, name := len(rest), ""
		for _, v := range variables {
			if i := strings.Index(rest, "$"+v); i >= 0 && i < at {
				at, name = i, v
			}
		}
		if at > 0 {
			parts = append(parts, quote(rest[:at]))
		}
		if name == "" {
			break
		}
		parts = append(parts, lookUp(name))
		rest = rest[at+1+len(name):]
	}
	if len(parts) == 0 {
		return quote("")
	}
	return strings.Join(parts, " + ")
}

// shell quotes a text for a shell. What names a variable stands in double
// quotes, in which nothing else has a meaning.
func shell(s string) string {
	if !slices.ContainsFunc(variables, func(v string) bool { return strings.Contains(s, "$"+v) }) {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	s = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "`", "\\`", "$", `\$`).Replace(s)
	for _, v := range variables {
		s = strings.ReplaceAll(s, `\$`+v, "$"+v)
	}
	return `"` + s + `"`
}

func (r Request) curl() string {
	parts := []string{"curl"}
	if r.Method != http.MethodGet {
		parts[0] += " -X " + r.Method
	}
	parts[0] += " " + shell(r.URL)
	if r.User != "" {
		parts = append(parts, "-u "+shell(r.User+":$CLIENT_SECRET"))
	}
	for _, h := range r.Headers {
		parts = append(parts, "-H "+shell(h[0]+": "+h[1]))
	}
	if r.Body != "" {
		parts = append(parts, "--data-raw '"+strings.ReplaceAll(r.Body, "'", `'\''`)+"'")
	}
	return strings.Join(parts, " \\\n  ")
}

// quoted writes a text as a literal that JSON, JavaScript and Python share.
func quoted(s string) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s); err != nil {
		return strconv.Quote(s)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (r Request) usesEnvironment() bool {
	if r.User != "" {
		return true
	}
	return slices.ContainsFunc(r.Headers, func(h [2]string) bool {
		return slices.ContainsFunc(variables, func(v string) bool { return strings.Contains(h[1], "$"+v) })
	})
}

func (r Request) python() string {
	env := func(name string) string { return "os.environ[" + quoted(name) + "]" }
	var b strings.Builder
	if r.usesEnvironment() {
		b.WriteString("import os\n\n")
	}
	b.WriteString("import requests\n\nresponse = requests.request(\n    " + quoted(r.Method) + ",\n    " + quoted(r.URL) + ",\n")
	if r.User != "" {
		b.WriteString("    auth=(" + expression(r.User, quoted, env) + ", " + env("CLIENT_SECRET") + "),\n")
	}
	if len(r.Headers) > 0 {
		b.WriteString("    headers={\n")
		for _, h := range r.Headers {
			b.WriteString("        " + quoted(h[0]) + ": " + expression(h[1], quoted, env) + ",\n")
		}
		b.WriteString("    },\n")
	}
	if r.Body != "" {
		b.WriteString("    data=" + block(r.Body, `"""`, `"""`) + ",\n")
	}
	b.WriteString("    timeout=10,\n)\nresponse.raise_for_status()\nprint(response.text)")
	return b.String()
}

// block writes a body over several lines between marks in which only
// backslashes need care, or as a quoted text if it holds the mark itself.
func block(body, begin, end string) string {
	if !strings.Contains(body, "\n") || strings.ContainsAny(body, "\\`$") || strings.Contains(body, `"""`) || strings.HasSuffix(body, `"`) {
		return quoted(body)
	}
	return begin + body + end
}

func (r Request) javaScript() string {
	env := func(name string) string { return "process.env." + name }
	var b strings.Builder
	b.WriteString("const response = await fetch(" + quoted(r.URL) + ", {\n  method: " + quoted(r.Method) + ",\n")
	if r.User != "" || len(r.Headers) > 0 {
		b.WriteString("  headers: {\n")
		if r.User != "" {
			b.WriteString(`    "Authorization": "Basic " + btoa(` + expression(r.User+":$CLIENT_SECRET", quoted, env) + "),\n")
		}
		for _, h := range r.Headers {
			b.WriteString("    " + quoted(h[0]) + ": " + expression(h[1], quoted, env) + ",\n")
		}
		b.WriteString("  },\n")
	}
	if r.Body != "" {
		b.WriteString("  body: " + block(r.Body, "`", "`") + ",\n")
	}
	b.WriteString("});\nif (!response.ok) throw new Error(`status ${response.status}`);\nconsole.log(await response.text());")
	return b.String()
}

func (r Request) golang() string {
	env := func(name string) string { return "os.Getenv(" + strconv.Quote(name) + ")" }
	body := "nil"
	if r.Body != "" {
		raw := strconv.Quote(r.Body)
		if strings.Contains(r.Body, "\n") && !strings.Contains(r.Body, "`") {
			raw = "`" + r.Body + "`"
		}
		body = "strings.NewReader(" + raw + ")"
	}
	var b strings.Builder
	b.WriteString("package main\n\nimport (\n\t\"fmt\"\n\t\"io\"\n\t\"log\"\n\t\"net/http\"\n")
	if r.usesEnvironment() {
		b.WriteString("\t\"os\"\n")
	}
	if r.Body != "" {
		b.WriteString("\t\"strings\"\n")
	}
	b.WriteString(")\n\nfunc main() {\n\treq, err := http.NewRequest(" + strconv.Quote(r.Method) + ", " + strconv.Quote(r.URL) + ", " + body + ")\n\tif err != nil {\n\t\tlog.Fatal(err)\n\t}\n")
	if r.User != "" {
		b.WriteString("\treq.SetBasicAuth(" + expression(r.User, strconv.Quote, env) + ", " + env("CLIENT_SECRET") + ")\n")
	}
	for _, h := range r.Headers {
		b.WriteString("\treq.Header.Set(" + strconv.Quote(h[0]) + ", " + expression(h[1], strconv.Quote, env) + ")\n")
	}
	b.WriteString("\tresp, err := http.DefaultClient.Do(req)\n\tif err != nil {\n\t\tlog.Fatal(err)\n\t}\n\tdefer resp.Body.Close()\n" +
		"\tbody, err := io.ReadAll(resp.Body)\n\tif err != nil {\n\t\tlog.Fatal(err)\n\t}\n\tfmt.Println(resp.Status, string(body))\n}")
	return b.String()
}
