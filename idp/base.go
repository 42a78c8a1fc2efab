package idp

import (
	"errors"
	"net/url"
	"strings"
)

// ParseEndpoint reads an address that a credential is going to: nothing may be
// in it that another program could understand differently.
func ParseEndpoint(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("it is not a URL")
	case u.Scheme != "https" && u.Scheme != "http" || u.Opaque != "":
		return nil, errors.New("it must begin with https://")
	case u.Hostname() == "" || strings.HasSuffix(u.Host, ":"):
		return nil, errors.New("it names no host, or no port after the colon")
	case u.User != nil:
		return nil, errors.New("it must not contain a user name or password")
	case u.Fragment != "" || strings.Contains(text, "#"):
		return nil, errors.New("it must not contain a fragment (#…)")
	}
	return u, nil
}

// ParseBase reads the address of a management API that an admin entered: scheme
// and host, and the path below which the API lies.
func ParseBase(text string) (*url.URL, error) {
	u, err := ParseEndpoint(text)
	if err != nil {
		return nil, err
	}
	if u.RawQuery != "" || u.ForceQuery {
		return nil, errors.New("it must not contain a query (?…)")
	}
	for segment := range strings.SplitSeq(u.EscapedPath(), "/") {
		if segment == "." || segment == ".." {
			return nil, errors.New("its path must not contain dot segments")
		}
	}
	return u, nil
}
