package idp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"portico"
)

// Page reads a page of a list at a path, which is where its cursors begin, too:
// each is the path and query of a page. Link finds the address of the next page,
// empty if there is none. One that leads elsewhere is an error, because the
// credential must not follow it; so is a cursor that is not of the list.
func (a *API) Page(ctx context.Context, list, cursor string, call Call, link func(http.Header) string) (next string, err error) {
	if cursor != list && !strings.HasPrefix(cursor, list+"?") {
		return "", &portico.IdPError{Kind: portico.IdPRejected, Detail: fmt.Sprintf("the cursor is not one of a list of %s's; nothing was sent", a.Vendor)}
	}
	call.Method, call.Path = http.MethodGet, cursor
	header, err := a.Do(ctx, call)
	if err != nil {
		return "", err
	}
	next, err = nextPage(a.Base, list, link(header))
	if err == nil && next != "" && next == cursor {
		err = errors.New("leads back to the page just read")
	}
	if err != nil {
		return "", &portico.IdPError{Kind: portico.IdPUnavailable, Detail: fmt.Sprintf("the list that %s gave %v", a.Vendor, err)}
	}
	return next, nil
}

// nextPage is the cursor of the page at an address.
func nextPage(base *url.URL, list, address string) (string, error) {
	if address == "" {
		return "", nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != base.Scheme || u.Host != base.Host || u.User != nil || u.EscapedPath() != list || u.RawQuery == "" {
		return "", fmt.Errorf("continues outside %s%s, where the credential does not go", base.Host, list)
	}
	return list + "?" + u.RawQuery, nil
}
