package consoletest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"portico/mgmtapi"
	"portico/spectest"
	"portico/webtest"
)

// Answer is what the management API has answered.
type Answer struct {
	Status int
	Body   map[string]any // nil: no body
}

// Run sends the calls that a page shows to the management API, as the shell would,
// and returns the last one's answer: curl is a program that prints what it is given. variables are those of the
// shell, such as DCR_TOKEN=00abc. The answer is held to the public contract.
func (h *House) Run(t testing.TB, page *webtest.Shown, variables ...string) Answer {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-c", `curl() { printf '%s\0' "$@" ""; }; `+page.TextOf("api-call"))
	cmd.Env = append(append(os.Environ(), "PORTICO_TOKEN="+h.Token.Reveal()), variables...)
	out, err := cmd.Output()
	must(t, err)
	api := spectest.Management(t).Wrap(t, mgmtapi.New(mgmtapi.Options{Control: h.Control, Logger: h.Deps.Logger, Now: h.Clock.Now}))
	var answer Answer
	for command := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00\x00"), "\x00\x00") {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, requestOf(t, strings.Split(command, "\x00")))
		answer = Answer{Status: w.Code}
		if w.Body.Len() > 0 {
			must(t, json.Unmarshal(w.Body.Bytes(), &answer.Body))
		}
	}
	return answer
}

// requestOf makes a request of curl's arguments.
func requestOf(t testing.TB, args []string) *http.Request {
	t.Helper()
	method, address, body, header := "", "", "", http.Header{}
	for i := 0; i < len(args); i++ {
		switch args[i] {
		case "-X":
			i++
			method = args[i]
		case "-d":
			i++
			body = args[i]
		case "-H":
			i++
			name, value, _ := strings.Cut(args[i], ": ")
			header.Add(name, value)
		default:
			address = args[i]
		}
	}
	r := httptest.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	r.Header = header
	return r
}
