package secret_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"portico/secret"
)

func TestTextIsNeverPrinted(t *testing.T) {
	t.Parallel()
	const value = "hunter2-hunter2"
	type wrapper struct {
		Name  string
		Token secret.Text
	}
	w := wrapper{"okta", secret.New(value)}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("saved", "provider", w, "token", w.Token)
	asJSON, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	for name, printed := range map[string]string{
		"%v": fmt.Sprintf("%v", w), "%+v": fmt.Sprintf("%+v", w), "%#v": fmt.Sprintf("%#v", w),
		"String": w.Token.String(), "%q": fmt.Sprintf("%q", w.Token), "error": fmt.Errorf("saving %v", w.Token).Error(),
		"JSON": string(asJSON), "slog": log.String(),
	} {
		if strings.Contains(printed, value) {
			t.Errorf("%s shows the secret: %s", name, printed)
		}
		if !strings.Contains(printed, "[redacted]") {
			t.Errorf("%s does not say that something is hidden: %s", name, printed)
		}
	}
}

func TestTextIsReadFromJSON(t *testing.T) {
	t.Parallel()
	var in struct{ Token secret.Text }
	if err := json.Unmarshal([]byte(`{"token":"abc"}`), &in); err != nil {
		t.Fatal(err)
	}
	if in.Token.Reveal() != "abc" {
		t.Errorf("read %q", in.Token.Reveal())
	}
}

func TestEqual(t *testing.T) {
	t.Parallel()
	a := secret.New("abc")
	if !a.Equal(secret.New("abc")) || a.Equal(secret.New("abd")) || a.Equal(secret.New("abcd")) || a.Equal(secret.Text{}) {
		t.Error("Equal is wrong")
	}
	if a.Digest().Equal(secret.New("abd").Digest()) || !a.Digest().Equal(secret.New("abc").Digest()) {
		t.Error("Digest.Equal is wrong")
	}
}

func TestTokensDiffer(t *testing.T) {
	t.Parallel()
	a, b := secret.Token("kpat_"), secret.Token("kpat_")
	if a.Equal(b) || len(a.Reveal()) != len("kpat_")+52 || !strings.HasPrefix(a.Reveal(), "kpat_") {
		t.Errorf("unexpected tokens of length %d and %d", len(a.Reveal()), len(b.Reveal()))
	}
}
