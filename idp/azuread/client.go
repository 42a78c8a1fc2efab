package azuread

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"

	"portico"
	"portico/idp"
)

const pageSize = 100

var createKeyForm = regexp.MustCompile(`^[0-9A-Za-z-]{4,100}$`)

// uniqueName is the application's alternate key in the tenant.
func uniqueName(createKey string) (string, error) {
	if !createKeyForm.MatchString(createKey) {
		return "", &portico.IdPError{Kind: portico.IdPRejected, Detail: "the create key does not make a unique name; nothing was sent"}
	}
	return "portico-" + createKey, nil
}

// nameless refuses a reference that addresses nothing.
func nameless(ref portico.ClientRef) error {
	if ref.ClientID == "" && ref.ExternalID == "" {
		return &portico.IdPError{Kind: portico.IdPNotFound, Detail: "a client without an id is in no tenant"}
	}
	return nil
}

// Create implements portico.IdP: the application, then its service principal and
// its first secret. If either of these fails, the application goes again.
func (c *Client) Create(ctx context.Context, spec portico.ClientSpec, createKey string) (portico.Client, error) {
	made, err := c.register(ctx, spec, createKey)
	if err != nil {
		return portico.Client{}, err
	}
	if made.ID == "" || made.AppID == "" {
		return portico.Client{}, &portico.IdPError{Kind: portico.IdPAmbiguous, Detail: "Microsoft Entra ID has an application of this create key already"}
	}
	c.recent.add(made.ID, made.AppID, createKey)
	issued, err := c.AddSecret(ctx, made.ref())
	if err != nil {
		return portico.Client{}, c.undo(context.WithoutCancel(ctx), made.ref(), err)
	}
	return portico.Client{Ref: made.ref(), Secret: issued}, nil
}

// register makes the application, unless there is one of its unique name: then
// it is left empty. A Graph that does not know unique names is sent an ordinary
// creation, and the create key is in its tags.
func (c *Client) register(ctx context.Context, spec portico.ClientSpec, createKey string) (made application, err error) {
	name, err := uniqueName(createKey)
	if err != nil {
		return made, err
	}
	body := newApplication(spec, createKey, c.version())
	_, err = c.api.Do(ctx, idp.Call{
		Method: http.MethodPatch, Path: byKey(applicationsPath, "uniqueName", name), Class: classDirectory,
		Header: http.Header{"Prefer": {"create-if-missing"}}, Body: body, Out: &made, Creates: true,
	})
	if s := idp.Status(err); s != nil && (s.Status == http.StatusNotFound || s.Status == http.StatusMethodNotAllowed || s.Status == http.StatusNotImplemented) {
		_, err = c.api.Do(ctx, idp.Call{Method: http.MethodPost, Path: applicationsPath, Class: classDirectory, Body: body, Out: &made, Creates: true})
	}
	return made, err
}

// undo removes an application that was only half made, for good: in the
// directory's bin it would keep its unique name.
func (c *Client) undo(ctx context.Context, ref portico.ClientRef, cause error) error {
	if err := c.remove(ctx, ref); err != nil {
		return &portico.IdPError{Kind: portico.IdPAmbiguous, Err: cause, Detail: "Microsoft Entra ID has an application that was only half registered, and it could not be removed"}
	}
	if _, err := c.api.Do(ctx, idp.Call{Method: http.MethodDelete, Path: "/v1.0/directory/deletedItems/" + url.PathEscape(ref.ExternalID), Class: classDirectory}); err != nil {
		c.logger.WarnContext(ctx, "a half registered application stays in the directory's bin", "client_id", ref.ClientID, "error", err)
	}
	c.recent.drop(ref.ExternalID)
	if portico.IsIdP(cause, portico.IdPNotFound) || portico.IsIdP(cause, portico.IdPAmbiguous) {
		return &portico.IdPError{Kind: portico.IdPUnavailable, Err: cause, Detail: "Microsoft Entra ID did not complete the registration, which was undone"}
	}
	return cause
}

// Find implements portico.IdP.
func (c *Client) Find(ctx context.Context, createKey string) (portico.ClientRef, error) {
	name, err := uniqueName(createKey)
	if err != nil {
		return portico.ClientRef{}, err
	}
	var found application
	err = c.do(ctx, createKey, idp.Call{Method: http.MethodGet, Path: byKey(applicationsPath, "uniqueName", name) + "?" + readable, Class: classDirectory, Out: &found})
	if err == nil && found.ID != "" {
		return found.ref(), nil
	}
	if err != nil && !portico.IsIdP(err, portico.IdPNotFound) {
		return portico.ClientRef{}, err
	}
	var list applicationList
	filter := url.Values{"$filter": {"tags/any(t:t eq '" + tagCreateKey + createKey + "')"}}
	if _, err := c.api.Do(ctx, idp.Call{Method: http.MethodGet, Path: applicationsPath + "?" + readable + "&" + filter.Encode(), Class: classDirectory, Out: &list}); err != nil {
		return portico.ClientRef{}, err
	}
	if len(list.Value) == 0 {
		return portico.ClientRef{}, &portico.IdPError{Kind: portico.IdPNotFound, Detail: "Microsoft Entra ID has no application of this create key"}
	}
	return list.Value[0].ref(), nil
}

// Read implements portico.IdP.
func (c *Client) Read(ctx context.Context, ref portico.ClientRef) (portico.ClientState, error) {
	a, err := c.application(ctx, ref)
	return a.state(), err
}

func (c *Client) application(ctx context.Context, ref portico.ClientRef) (a application, err error) {
	if err := nameless(ref); err != nil {
		return a, err
	}
	err = c.do(ctx, cmp.Or(ref.ExternalID, ref.ClientID), idp.Call{Method: http.MethodGet, Path: applicationPath(ref) + "?" + readable, Class: classDirectory, Out: &a})
	if err == nil && a.ID == "" {
		err = &portico.IdPError{Kind: portico.IdPUnavailable, Detail: "Microsoft Entra ID answered with something that is not an application"}
	}
	return a, err
}

// Update implements portico.IdP. Only what follows from the spec is changed, and
// tags that an admin added stay.
func (c *Client) Update(ctx context.Context, ref portico.ClientRef, spec portico.ClientSpec) error {
	held, err := c.application(ctx, ref)
	if err != nil {
		return err
	}
	return c.do(ctx, held.ID, idp.Call{
		Method: http.MethodPatch, Path: applicationPath(held.ref()), Class: classDirectory,
		Body: settings(spec, tags(held.Tags, spec)), Repeats: true,
	})
}

// Delete implements portico.IdP. Entra ID keeps what is deleted in a bin for 30
// days, where its secrets do not work; its service principal goes with it.
func (c *Client) Delete(ctx context.Context, ref portico.ClientRef) error {
	if nameless(ref) != nil {
		return nil
	}
	err := c.remove(ctx, ref)
	if err == nil {
		c.recent.drop(cmp.Or(ref.ExternalID, ref.ClientID))
	}
	return err
}

func (c *Client) remove(ctx context.Context, ref portico.ClientRef) error {
	err := c.do(ctx, cmp.Or(ref.ExternalID, ref.ClientID), idp.Call{Method: http.MethodDelete, Path: applicationPath(ref), Class: classDirectory})
	if portico.IsIdP(err, portico.IdPNotFound) {
		return nil
	}
	return err
}

// applicationList is a page of applications (OData JSON Format §4.5).
type applicationList struct {
	Value []application `json:"value"`
	Next  string        `json:"@odata.nextLink"`
}

// Clients implements portico.ClientLister. The batch holds every application of
// the tenant; ours have an ApplicationID.
func (c *Client) Clients(ctx context.Context, cursor string) (batch []portico.ClientState, next string, err error) {
	if cursor == "" {
		cursor = fmt.Sprintf("%s?%s&$top=%d", applicationsPath, readable, pageSize)
	}
	var list applicationList
	next, err = c.api.Page(ctx, applicationsPath, cursor, idp.Call{Class: classDirectory, Out: &list}, func(http.Header) string { return list.Next })
	if err != nil {
		return nil, "", err
	}
	for _, a := range list.Value {
		batch = append(batch, a.state())
	}
	return batch, next, nil
}
