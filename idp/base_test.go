package idp_test

import (
	"strings"
	"testing"

	"portico/idp"
)

func FuzzEndpoint(f *testing.F) {
	for _, text := range []string{"https://as.example/register?x=1", "http://127.0.0.1:1/r", "https://u:p@as.example/", "https://as.example:/", "//as.example", "https:as", "https://as.example/#f", "ftp://as.example"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := idp.ParseEndpoint(text)
		if err == nil && (u.Hostname() == "" || u.User != nil || u.Fragment != "" || !strings.HasPrefix(u.RequestURI(), "/") && u.RequestURI() != "*") {
			t.Errorf("%q was read as %+v", text, u)
		}
	})
}
