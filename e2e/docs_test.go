package e2e_test

import (
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var codeBlock = regexp.MustCompile("(?s)```\n(.*?)```")

// TestOktaHowTo runs the blocks of docs/okta.md as printed, against the demo.
func TestOktaHowTo(t *testing.T) {
	t.Parallel()
	base := portBase(t)
	p := demo(t, t.TempDir(), "--bare", "--port-base", strconv.Itoa(base))
	pages := newBrowser(t, p.OktaURL)
	pages.signIn(p.Admin.Email, p.Admin.Password)
	token := pages.createToken("dcr")

	blocks := codeBlock.FindAllStringSubmatch(readFile(t, "../docs/okta.md"), -1)
	if len(blocks) < 8 {
		t.Fatalf("docs/okta.md has %d blocks", len(blocks))
	}
	script := "DCR_TOKEN=" + token + "\n"
	for _, block := range blocks[1:] { // the first starts the demo
		script += block[1]
	}
	// Where the reader stands in the project with a demo on the default ports.
	script = strings.NewReplacer(
		"go run ./cmd/portico", binary, "walk/demo.json", p.dir+"/demo.json", "--data-dir walk", "--data-dir "+p.dir, ":8004", ":"+strconv.Itoa(base+4),
	).Replace(script)
	out, err := exec.Command("bash", "-eu", "-c", script).CombinedOutput()
	if err != nil {
		t.Fatalf("the how-to fails: %v\n%s", err, out)
	}
	if n := strings.Count(string(out), "HTTP/1.1 200 OK"); n != 3 {
		t.Errorf("%d of the 3 requests were let through:\n%s", n, out)
	}
	if !strings.Contains(string(out), `"status":"success"`) {
		t.Errorf("verify has not succeeded:\n%s", out)
	}
}
