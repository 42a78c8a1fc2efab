package configsync

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"portico/secret"
	"portico/snapshot"
)

// The protocol between a control plane and a gateway on another machine:
//
//	GET ?gateway=NAME                      the whole configuration
//	GET ?gateway=NAME&epoch=E&since=N      what changed after version N
//
// with "Authorization: Bearer TOKEN". The answer is 200 with the binary form of
// a snapshot or a delta, 410 when no delta leads on from N, 401 without the
// token. Asking since N in epoch E acknowledges that this version is in force.
const (
	contentType    = "application/vnd.portico.configuration"
	remoteDeadline = 30 * time.Second
	maxGatewayName = 128
)

// Handler serves a source to gateways on other machines that have the token;
// acknowledged is told what each of them has in force. The token must not be
// empty.
func Handler(source Source, token secret.Text, logger *slog.Logger, acknowledged func(gateway string, v Version)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if token.Empty() || !token.Equal(secret.New(given)) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="portico sync"`)
			http.Error(w, "the sync token is missing or wrong", http.StatusUnauthorized)
			return
		}
		name := r.URL.Query().Get("gateway")
		if name == "" || len(name) > maxGatewayName {
			http.Error(w, fmt.Sprintf("gateway: must be a name of 1 to %d bytes", maxGatewayName), http.StatusBadRequest)
			return
		}
		since := r.URL.Query().Get("since")
		if since == "" {
			full, err := source.Full(r.Context())
			answer(w, r, logger, full, err)
			return
		}
		version, err := strconv.ParseUint(since, 10, 64)
		if err != nil {
			http.Error(w, "since: must be a version, a number from 0", http.StatusBadRequest)
			return
		}
		acknowledged(name, Version{r.URL.Query().Get("epoch"), version})
		delta, ok, err := source.Since(r.Context(), version)
		if err == nil && !ok {
			http.Error(w, "no change leads on from this version; ask for the whole configuration", http.StatusGone)
			return
		}
		answer(w, r, logger, delta, err)
	})
}

// encoder is a snapshot or a delta.
type encoder interface{ Encode() ([]byte, error) }

func answer(w http.ResponseWriter, r *http.Request, logger *slog.Logger, content encoder, err error) {
	var data []byte
	if err == nil {
		data, err = content.Encode()
	}
	if err != nil {
		logger.ErrorContext(r.Context(), "configuration not served to a gateway; it keeps what it has", "err", err)
		http.Error(w, "the configuration cannot be read at the moment; try again", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	_, _ = w.Write(data)
}

// Remote is the source of a gateway on another machine: a control plane that
// serves Handler.
type Remote struct {
	Client  *http.Client
	URL     string // of the handler, without a query
	Token   secret.Text
	Gateway string                                // this gateway's name
	Version func() (epoch string, version uint64) // of the target, to acknowledge
}

// Full implements Source.
func (r *Remote) Full(ctx context.Context) (*snapshot.Snapshot, error) {
	data, _, err := r.get(ctx, url.Values{})
	if err != nil {
		return nil, err
	}
	return snapshot.Decode(data)
}

// Since implements Source.
func (r *Remote) Since(ctx context.Context, version uint64) (snapshot.Delta, bool, error) {
	epoch, _ := r.Version()
	data, gone, err := r.get(ctx, url.Values{"epoch": {epoch}, "since": {strconv.FormatUint(version, 10)}})
	if err != nil || gone {
		return snapshot.Delta{}, false, err
	}
	d, err := snapshot.DecodeDelta(data)
	return d, err == nil, err
}

// get asks the control plane; gone says that it has no delta.
func (r *Remote) get(ctx context.Context, query url.Values) (data []byte, gone bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, remoteDeadline)
	defer cancel()
	query.Set("gateway", r.Gateway)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.URL+"?"+query.Encode(), nil)
	if err != nil {
		return nil, false, fmt.Errorf("ask control plane: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+r.Token.Reveal())
	resp, err := r.Client.Do(req)
	if err != nil {
		return nil, false, fmt.Errorf("ask control plane: %w", err)
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusGone:
		return nil, true, nil
	case http.StatusUnauthorized:
		return nil, false, errors.New("ask control plane: it refuses the sync token")
	default:
		return nil, false, fmt.Errorf("ask control plane: it answers %s", resp.Status)
	}
	data, err = io.ReadAll(io.LimitReader(resp.Body, snapshot.MaxSize+1))
	if err != nil {
		return nil, false, fmt.Errorf("ask control plane: the answer breaks off: %w", err)
	}
	return data, false, nil
}
