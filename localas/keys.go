package localas

import (
	"fmt"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"

	"portico/localas/dialect"
	"portico/localas/litedb"
	"portico/localas/signing"
)

const (
	// orgServer is the key owner that stands for the organisation itself.
	orgServer = "org"
	// maxTokenLifetime is also how long a retired key still verifies.
	maxTokenLifetime = 24 * time.Hour
	// publishedKeys is how many keys a key set shows at most.
	publishedKeys = 3
	// maxKeySetAge is the longest time that a key set may be cached.
	maxKeySetAge = time.Hour
)

// keySet is what both keys endpoints answer.
type keySet struct {
	Keys []jose.JSONWebKey `json:"keys"`
}

// serveKeys answers the public keys; they may be cached until a rotation is
// due, but never long.
func (s *Server) serveKeys(w http.ResponseWriter, r *http.Request, server authServer) error {
	keys, err := s.keys.Current(r.Context(), server.ID, server.rotates())
	if err != nil {
		return err
	}
	age := maxKeySetAge
	if server.rotates() {
		untilRotation := signing.Active(keys).Changed.Add(signing.RotationPeriod).Sub(s.now())
		age = max(min(age, untilRotation), time.Minute)
	}
	set := keySet{}
	for _, key := range keys[:min(len(keys), publishedKeys)] {
		set.Keys = append(set.Keys, key.Public())
	}
	w.Header().Set("Cache-Control", fmt.Sprintf("max-age=%d, must-revalidate", int(age.Seconds())))
	dialect.WriteJSON(w, http.StatusOK, set)
	return nil
}

func (s *Server) serverKeys(w http.ResponseWriter, r *http.Request) error {
	server, err := s.activeServer(r)
	if err != nil {
		return err
	}
	return s.serveKeys(w, r, server)
}

func (s *Server) orgKeys(w http.ResponseWriter, r *http.Request) error {
	return s.serveKeys(w, r, s.org())
}

type keyView struct {
	jose.JSONWebKey
	Status string
}

// MarshalJSON adds the status, which is no member of RFC 7517.
func (v keyView) MarshalJSON() ([]byte, error) {
	text, err := v.JSONWebKey.MarshalJSON()
	if err != nil {
		return nil, err
	}
	return append(text[:len(text)-1], (`,"status":` + litedb.ToJSON(v.Status) + `}`)...), nil
}

func keyViews(keys []signing.Key) []keyView {
	views := []keyView{}
	for _, key := range keys {
		views = append(views, keyView{key.Public(), key.Status})
	}
	return views
}

func (s *Server) listKeys(w http.ResponseWriter, r *http.Request) error {
	server, err := s.authServer(r.Context(), r.PathValue("as"))
	if err != nil {
		return err
	}
	keys, err := s.keys.Of(r.Context(), server.ID)
	if err != nil {
		return err
	}
	dialect.WriteJSON(w, http.StatusOK, keyViews(keys))
	return nil
}

func (s *Server) rotateKeys(w http.ResponseWriter, r *http.Request) error {
	in, err := dialect.ReadJSON[struct {
		Use string `json:"use"`
	}](w, r)
	if err != nil {
		return err
	}
	if in.Use != "sig" {
		return dialect.Invalid("use", "use: must be 'sig'.")
	}
	server, err := s.authServer(r.Context(), r.PathValue("as"))
	if err != nil {
		return err
	}
	keys, err := s.keys.Rotate(r.Context(), server.ID)
	if err != nil {
		return err
	}
	s.log.InfoContext(r.Context(), "signing keys rotated", "server", server.ID, "kid", signing.Active(keys).KID)
	dialect.WriteJSON(w, http.StatusOK, keyViews(keys))
	return nil
}
