package localas

import (
	"context"
	"net/http"

	"portico/localas/dialect"
)

// resource is a kind of object that belongs to another one: scopes, claims and
// policies to an authorization server, rules to a policy. Its endpoints are
// the same for every kind but for these steps.
type resource[T any] struct {
	wildcard string // the name of the object's id in the path
	owner    func(r *http.Request) (string, error)
	list     func(w http.ResponseWriter, r *http.Request, owner string) ([]T, error)
	find     func(ctx context.Context, owner, id string) (T, error)
	create   func(ctx context.Context, owner string, in T) (T, error)
	replace  func(ctx context.Context, owner string, old, in T) (T, error)
	remove   func(ctx context.Context, owner, id string) error
	view     func(r *http.Request, object T) any
}

// serverID is the owner of what belongs to an authorization server.
func (s *Server) serverID(r *http.Request) (string, error) {
	as, err := s.authServer(r.Context(), r.PathValue("as"))
	return as.ID, err
}

func (res resource[T]) getAll(w http.ResponseWriter, r *http.Request) error {
	owner, err := res.owner(r)
	if err != nil {
		return err
	}
	all, err := res.list(w, r, owner)
	if err != nil {
		return err
	}
	views := []any{}
	for _, object := range all {
		views = append(views, res.view(r, object))
	}
	dialect.WriteJSON(w, http.StatusOK, views)
	return nil
}

func (res resource[T]) post(w http.ResponseWriter, r *http.Request) error {
	owner, err := res.owner(r)
	if err != nil {
		return err
	}
	in, err := dialect.ReadJSON[T](w, r)
	if err != nil {
		return err
	}
	object, err := res.create(r.Context(), owner, in)
	if err != nil {
		return err
	}
	dialect.WriteJSON(w, http.StatusCreated, res.view(r, object))
	return nil
}

// requested is the object in the path, and its owner.
func (res resource[T]) requested(r *http.Request) (owner string, object T, err error) {
	if owner, err = res.owner(r); err == nil {
		object, err = res.find(r.Context(), owner, r.PathValue(res.wildcard))
	}
	return owner, object, err
}

func (res resource[T]) get(w http.ResponseWriter, r *http.Request) error {
	_, object, err := res.requested(r)
	if err != nil {
		return err
	}
	dialect.WriteJSON(w, http.StatusOK, res.view(r, object))
	return nil
}

func (res resource[T]) put(w http.ResponseWriter, r *http.Request) error {
	owner, old, err := res.requested(r)
	if err != nil {
		return err
	}
	in, err := dialect.ReadJSON[T](w, r)
	if err != nil {
		return err
	}
	object, err := res.replace(r.Context(), owner, old, in)
	if err != nil {
		return err
	}
	dialect.WriteJSON(w, http.StatusOK, res.view(r, object))
	return nil
}

func (res resource[T]) delete(w http.ResponseWriter, r *http.Request) error {
	owner, err := res.owner(r)
	if err != nil {
		return err
	}
	if err := res.remove(r.Context(), owner, r.PathValue(res.wildcard)); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// change is the handler of a lifecycle operation.
func (res resource[T]) change(apply func(*T)) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		owner, old, err := res.requested(r)
		if err != nil {
			return err
		}
		changed := old
		apply(&changed)
		if _, err := res.replace(r.Context(), owner, old, changed); err != nil {
			return err
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
}
