package dcr

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"portico"
	"portico/idp"
	"portico/secret"
)

// keepTimeout bounds the keeping of a handle, which goes on when its caller has
// given up.
const keepTimeout = 10 * time.Second

// Create registers a client (RFC 7591 §3). One that was made under the create key
// already is answered as IdPAmbiguous: Find gives it. A client that could not be
// managed afterwards is not left behind if that can be helped.
func (s *Server) Create(ctx context.Context, spec portico.ClientSpec, createKey string) (portico.Client, error) {
	if _, err := s.Find(ctx, createKey); err == nil {
		return portico.Client{}, &portico.IdPError{Kind: portico.IdPAmbiguous, Detail: "A client was made under this create key already; nothing was sent"}
	} else if portico.IsIdP(err, portico.IdPUnavailable) {
		return portico.Client{}, err
	}
	at, err := s.open(ctx)
	if err != nil {
		return portico.Client{}, err
	}
	initial, err := s.Initial(ctx)
	if err != nil {
		return portico.Client{}, err
	}
	var made idp.Object
	if _, err = at.api.Do(ctx, bearing(initial, idp.Call{Method: http.MethodPost, Path: at.path, Body: metadata(spec), Out: &made, Creates: true})); err != nil {
		return portico.Client{}, err
	}
	client := portico.Client{Ref: portico.ClientRef{ClientID: made.Text("client_id")}, Secret: made.Issued()}
	if client.Ref.ClientID == "" {
		return portico.Client{}, &portico.IdPError{Kind: portico.IdPAmbiguous, Detail: s.Vendor + " answered the registration with something that is not a client"}
	}
	defer s.alone(client.Ref.ClientID)()
	if fault := s.accept(ctx, at.api, made, createKey); fault != nil {
		return portico.Client{}, s.undo(ctx, at.api, made, fault)
	}
	return client, nil
}

// accept keeps the handle of a new client, or says why it will not do.
func (s *Server) accept(ctx context.Context, api *idp.API, made idp.Object, createKey string) error {
	h := portico.ClientHandle{ClientID: made.Text("client_id"), CreateKey: createKey, URI: made.Text("registration_client_uri"), Token: made.Secret("registration_access_token")}
	if h.Token.Empty() || h.URI == "" {
		return rejected("%s registers clients but gives no registration access token for them, so they could never be changed or removed. Turn on client management (RFC 7592) there.", s.Vendor)
	}
	if _, err := s.pathOf(api, h); err != nil {
		return err
	}
	if err := s.keep(ctx, h); err != nil {
		return err
	}
	if made.Text("client_secret") == "" {
		return rejected("%s made a client without a secret. Let it register clients that authenticate with client_secret_basic.", s.Vendor)
	}
	return nil
}

// undo removes a client that will not do, and returns why it will not.
func (s *Server) undo(ctx context.Context, api *idp.API, made idp.Object, fault error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), idp.Timeout)
	defer cancel()
	id := made.Text("client_id")
	err := takeBack(ctx, api, made)
	if err == nil {
		return errors.Join(fault, s.forget(ctx, id))
	}
	s.Logger.ErrorContext(ctx, "a client is left at the identity provider that cannot be used; remove it there", "client_id", id, "fault", fault, "err", err)
	cause, _ := errors.AsType[*portico.IdPError](fault) // as accept says
	return &portico.IdPError{Kind: cause.Kind, Err: cause.Err, Detail: fmt.Sprintf("%s The client %s is left there: remove it by hand.", cause.Detail, id)}
}

// takeBack removes a client that was just made, by what the answer says. On our
// host: if the server says another, the path may still be right.
func takeBack(ctx context.Context, api *idp.API, made idp.Object) error {
	u, err := idp.ParseEndpoint(made.Text("registration_client_uri"))
	token := made.Secret("registration_access_token")
	if err != nil || token.Empty() {
		return errors.New("the answer does not say how")
	}
	_, err = api.Do(ctx, bearing(token, idp.Call{Method: http.MethodDelete, Path: u.RequestURI()}))
	return err
}

// bearing adds a token to a call.
func bearing(token secret.Text, call idp.Call) idp.Call {
	if !token.Empty() {
		call.Header = http.Header{"Authorization": {"Bearer " + token.Reveal()}}
		call.Secrets = append(slices.Clip(call.Secrets), token)
	}
	return call
}

// Find gives the client whose handle was kept under a create key. It cannot tell
// of others (IdPAmbiguous): servers have no way to look for a client.
func (s *Server) Find(ctx context.Context, createKey string) (portico.ClientRef, error) {
	h, err := s.Handles.HandleOf(ctx, createKey)
	if portico.KindOf(err) == portico.KindNotFound {
		return portico.ClientRef{}, &portico.IdPError{Kind: portico.IdPAmbiguous,
			Detail: s.Vendor + " cannot be asked whether it has a client whose registration was not answered"}
	}
	if err != nil {
		return portico.ClientRef{}, unopened(err)
	}
	return portico.ClientRef{ClientID: h.ClientID}, nil
}

// Read asks for a client (RFC 7592 §2.1). The secret that the answer may hold is
// not looked at.
func (s *Server) Read(ctx context.Context, ref portico.ClientRef) (portico.ClientState, error) {
	defer s.alone(ref.ClientID)()
	o, err := s.manage(ctx, ref, idp.Call{Method: http.MethodGet})
	if err != nil {
		return portico.ClientState{}, err
	}
	return state(o), nil
}

// Update makes a client equal to spec. The server replaces all of it (RFC 7592
// §2.2), so it is read first and what is not ours is written back as it was.
func (s *Server) Update(ctx context.Context, ref portico.ClientRef, spec portico.ClientSpec) error {
	defer s.alone(ref.ClientID)()
	o, err := s.manage(ctx, ref, idp.Call{Method: http.MethodGet})
	if err != nil {
		return err
	}
	revise(o, spec)
	_, err = s.manage(ctx, ref, idp.Call{Method: http.MethodPut, Body: o})
	return err
}

// Rotate reads a client whose server gives it a new secret then; the old one is
// useless from then on. A lost answer is IdPAmbiguous.
func (s *Server) Rotate(ctx context.Context, ref portico.ClientRef) (portico.ClientSecret, error) {
	defer s.alone(ref.ClientID)()
	o, err := s.manage(ctx, ref, idp.Call{Method: http.MethodGet, Creates: true})
	if err != nil {
		return portico.ClientSecret{}, err
	}
	secret := o.Issued()
	if secret.Value.Empty() {
		return portico.ClientSecret{}, rejected("%s gave the client no new secret; its old one still counts.", s.Vendor)
	}
	secret.CreatedAt = new(s.Now())
	return secret, nil
}

// Delete removes a client (RFC 7592 §2.3). A server that knows a client no more
// refuses its token, so a refusal ends it, too, and is reported, because a token
// may be refused for other reasons.
func (s *Server) Delete(ctx context.Context, ref portico.ClientRef) error {
	defer s.alone(ref.ClientID)()
	_, err := s.manage(ctx, ref, idp.Call{Method: http.MethodDelete})
	switch {
	case errors.Is(err, errTokenRefused):
		s.Logger.WarnContext(ctx, "the identity provider refuses the token of a client to be removed: it is gone already, unless the token was revoked; then remove it there", "client_id", ref.ClientID)
	case err != nil && !portico.IsIdP(err, portico.IdPNotFound):
		return err
	}
	return s.forget(ctx, ref.ClientID)
}

// errTokenRefused is the cause where a client's own token is refused.
var errTokenRefused = errors.New("registration access token refused")

// manage makes a call about one client, with its own token. What the answer says
// of the handle is kept before anything else.
func (s *Server) manage(ctx context.Context, ref portico.ClientRef, call idp.Call) (idp.Object, error) {
	at, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	h, err := s.handle(ctx, ref.ClientID)
	if err != nil {
		return nil, err
	}
	o, err := s.ask(ctx, at.api, h, h.Token, call)
	if isRefused(err) {
		// Another process may have been given a newer one meanwhile.
		fresh, err2 := s.handle(ctx, ref.ClientID)
		if err2 != nil {
			return nil, err2
		}
		if !fresh.Token.Equal(h.Token) {
			h = fresh
			o, err = s.ask(ctx, at.api, h, h.Token, call)
		}
	}
	if isRefused(err) && s.Any != nil {
		token, err2 := s.Any(ctx)
		if err2 == nil {
			return s.ask(ctx, at.api, h, token, call)
		}
		if !portico.IsIdP(err2, portico.IdPDenied) { // denied: there is no such token for us
			return nil, err2
		}
	}
	if isRefused(err) {
		return nil, &portico.IdPError{Kind: portico.IdPDenied, Err: errors.Join(errTokenRefused, err),
			Detail: fmt.Sprintf("%s refuses the token that manages client %s: the client was removed there, or its token revoked or replaced by somebody else", s.Vendor, ref.ClientID)}
	}
	return o, err
}

func isRefused(err error) bool {
	status := idp.Status(err)
	return status != nil && status.Status == http.StatusUnauthorized
}

// ask sends a call about one client and keeps the handle that the answer gives.
func (s *Server) ask(ctx context.Context, api *idp.API, h portico.ClientHandle, token secret.Text, call idp.Call) (idp.Object, error) {
	path, err := s.pathOf(api, h)
	if err != nil {
		return nil, err
	}
	call.Path = path
	var o idp.Object
	if call.Method != http.MethodDelete {
		call.Out = &o
	}
	if _, err := api.Do(ctx, bearing(token, call)); err != nil || call.Out == nil {
		return nil, err
	}
	if o.Text("client_id") != h.ClientID {
		kind := portico.IdPUnavailable
		if call.Creates {
			kind = portico.IdPAmbiguous
		}
		return nil, &portico.IdPError{Kind: kind, Detail: s.Vendor + " answered with something that is not the client asked for"}
	}
	renewed := h
	if token := o.Secret("registration_access_token"); !token.Empty() {
		renewed.Token = token
	}
	if uri := o.Text("registration_client_uri"); uri != "" {
		renewed.URI = uri
	}
	if renewed != h {
		if err := s.keep(ctx, renewed); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// pathOf is where a client is managed. Its token goes to the registration
// endpoint's host only.
func (s *Server) pathOf(api *idp.API, h portico.ClientHandle) (string, error) {
	u, err := idp.ParseEndpoint(h.URI)
	if err != nil {
		return "", rejected("%s manages the client at an address that cannot be used: %v.", s.Vendor, err)
	}
	if !sameOrigin(u, api.Base) {
		return "", rejected("%s manages the client at %s, which is another host than that of its registration endpoint, so its token does not go there. Enter the registration endpoint with that host, or correct the server's public address.", s.Vendor, u.Host)
	}
	return u.RequestURI(), nil
}

func (s *Server) handle(ctx context.Context, clientID string) (portico.ClientHandle, error) {
	h, err := s.Handles.Handle(ctx, clientID)
	if portico.KindOf(err) == portico.KindNotFound {
		return h, &portico.IdPError{Kind: portico.IdPNotFound, Err: err,
			Detail: fmt.Sprintf("There is no token to manage client %s with: Portico did not register it here, or removed it", clientID)}
	}
	if err != nil {
		return h, unopened(err)
	}
	return h, nil
}

func unopened(err error) error {
	return &portico.IdPError{Kind: portico.IdPUnavailable, Err: err, Detail: "The token that manages the client cannot be had; nothing was sent"}
}

func (s *Server) keep(ctx context.Context, h portico.ClientHandle) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepTimeout)
	defer cancel()
	if err := s.Handles.Keep(ctx, h); err != nil {
		s.Logger.ErrorContext(ctx, "the new token that manages a client was not kept; it can only be managed at the identity provider now", "client_id", h.ClientID, "err", err)
		return &portico.IdPError{Kind: portico.IdPUnavailable, Err: err, Detail: "The token that manages the client could not be kept."}
	}
	return nil
}

func (s *Server) forget(ctx context.Context, clientID string) error {
	if err := s.Handles.Forget(ctx, clientID); err != nil {
		return &portico.IdPError{Kind: portico.IdPUnavailable, Err: err, Detail: "The token that managed the client could not be removed"}
	}
	return nil
}
