package coreapi

import (
	"bytes"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"portico"
	"portico/httpkit"
	"portico/listing"
	"portico/mgmtapi/wire"
)

// What core entities share: the ways of Kong's Admin API (contract:
// control-planes-config v2).

const (
	controlPlane = "/v2/control-planes/{controlPlaneId}"
	coreEntities = controlPlane + "/core-entities"
)

// seconds is a time on the wire of core entities: the seconds since 1970.
type seconds time.Time

// MarshalJSON implements json.Marshaler.
func (t seconds) MarshalJSON() ([]byte, error) {
	return strconv.AppendInt(nil, time.Time(t).Unix(), 10), nil
}

// inControlPlane reads the control plane in the path, and the id or name of what
// is in it.
func inControlPlane(r *http.Request, name string) (portico.ControlPlaneID, string, error) {
	plane, err := httpkit.PathID[portico.ControlPlaneID](r, "controlPlaneId")
	ref := r.PathValue(name)
	if id := strings.ToLower(ref); portico.IsID(id) {
		ref = id
	}
	return plane, ref, err
}

// parseCoreList reads the page, the filters and the tags of a list.
func parseCoreList(r *http.Request, spec listing.Spec) (portico.ListQuery, error) {
	q, err := listing.ParseOffset(r, spec)
	if err != nil {
		return q, err
	}
	tags, err := tagFilters(r.URL.Query().Get("tags"))
	q.Filters = append(q.Filters, tags...)
	return q, err
}

// tagFilters reads tags=a,b (both) or tags=a/b (either).
func tagFilters(tags string) ([]portico.Filter, error) {
	switch hasAll, hasAny := strings.Contains(tags, ","), strings.Contains(tags, "/"); {
	case tags == "":
		return nil, nil
	case hasAll && hasAny:
		return nil, portico.InvalidAll(portico.InvalidParameter{
			Field: "tags", Rule: "invalid", Reason: "must be joined either by commas, for all of them, or by slashes, for any of them", Source: "query",
		})
	case hasAny:
		return []portico.Filter{{Field: "tags", Op: portico.OpAnyEqual, Values: strings.Split(tags, "/")}}, nil
	}
	var filters []portico.Filter
	for tag := range strings.SplitSeq(tags, ",") {
		filters = append(filters, portico.Where("tags", tag))
	}
	return filters, nil
}

// unsupported refuses members that the gateways do not act on, unless they are
// null: what is stored is also done.
func unsupported(o *httpkit.Object, names ...string) {
	for _, name := range names {
		if raw, there := o.Raw(name); there && !bytes.Equal(raw, []byte("null")) {
			o.Invalid(name, "invalid", "is not supported by Portico's gateways; leave it out")
		}
	}
}

// byName is what most lists of core entities can be asked for.
func byName() listing.Spec {
	return listing.Spec{Filters: map[string]listing.FieldKind{"name": listing.String()}}
}

// given takes null for absent, where null means nothing.
func given[T any](o portico.Opt[T]) portico.Opt[T] {
	if o.Null {
		return portico.Opt[T]{}
	}
	return o
}

// readRef reads {"id": …} or, where what is meant has a name, {"NAME": …}.
func readRef(o *httpkit.Object, member, name string) portico.Opt[string] {
	ref, set, null := o.OptObject(member)
	id, called := ref.OptUUID("id"), ref.OptString(name, httpkit.MinLength(1))
	if !set || null {
		return portico.Opt[string]{Set: set, Null: null}
	}
	switch {
	case id.Set:
		return id
	case !called.Set && !ref.Has("id"):
		ref.Invalid("id", "required", "is a required field, unless "+name+" is given")
	}
	return called
}

// refView is a reference to another entity.
type refView struct {
	ID string `json:"id"`
}

// viewRef is a reference; nil for nothing.
func viewRef[ID ~string](id *ID) *refView {
	if id == nil {
		return nil
	}
	return &refView{string(*id)}
}

// idOf is the id of what an entity belongs to; empty: nothing.
func idOf[ID ~string](id *ID) string {
	if id == nil {
		return ""
	}
	return string(*id)
}

// proxyProtocols are the protocols that the gateways speak.
func proxyProtocols() []string { return []string{"http", "https"} }

// checkChoices reports the items of a list that are no choice.
func checkChoices(o *httpkit.Object, name string, items, choices []string) {
	for i, v := range items {
		if !slices.Contains(choices, v) {
			o.Report(portico.InvalidParameter{Field: wire.Item(name, i), Rule: "enum", Choices: choices, Reason: "must be one of " + strings.Join(choices, ", ")})
		}
	}
}
