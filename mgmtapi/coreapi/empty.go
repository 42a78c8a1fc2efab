package coreapi

import (
	"net/http"
	"regexp"
	"strings"

	"portico"
	"portico/access"
	"portico/httpkit"
	"portico/listing"
	"portico/mgmtapi/route"
)

// Collection is one of the contract's that Portico does not have. Clients list
// it before they do anything, so its list is there, and empty; nothing can be
// put into it.
type Collection struct {
	Path   string // below a control plane, as http.ServeMux writes it
	Reason string // why it is empty
	item   string // path parameter of one of them; empty: the contract has none
	form   form
	ids    operationIDs
}

// form is how the contract writes a list.
type form int

const (
	dataWithOffset form = iota // {data, offset, next}
	itemsWithCount             // {items, page: {total_count}}
	dataWithCursor             // {data, meta: {page}}
)

// operationIDs of a collection; what is empty the contract does not have.
type operationIDs struct{ list, create, get, put, remove, clear string }

// all are the operation ids of most collections.
func all(noun string) operationIDs {
	return operationIDs{list: "list-" + noun, create: "create-" + noun, get: "get-" + noun, put: "upsert-" + noun, remove: "delete-" + noun}
}

// readOnly are those of a collection that is written elsewhere.
func readOnly(noun string) operationIDs {
	return operationIDs{list: "list-" + noun, get: "get-" + noun}
}

// Collections lists them by what they are about.
func Collections() []Collection {
	const (
		credentials = "callers authenticate as applications, by the auth strategy of the API that they call; a consumer needs no credentials"
		groups      = "plugins are for one consumer or for all; consumers are not grouped"
		tls         = "TLS is ended in front of the gateway"
		balancing   = "a service has one upstream address"
		keys        = "tokens are verified with the keys of the identity provider that issued them"
		custom      = "the gateway runs no plugins but its own"
		graphQL     = "the gateway does not read GraphQL"
		remote      = "the gateway runs in the control plane's process and needs no certificate"
		vaults      = "secrets are sealed with the installation's own key; there are no vaults"
		nested      = "core-entities/consumers/{ConsumerIdForNestedEntities}/"
	)
	return []Collection{
		{"core-entities/acls", credentials, "ACLId", dataWithOffset, readOnly("acl")},
		{"core-entities/basic-auths", credentials, "BasicAuthId", dataWithOffset, readOnly("basic-auth")},
		{"core-entities/hmac-auths", credentials, "HMACAuthId", dataWithOffset, readOnly("hmac-auth")},
		{"core-entities/jwts", credentials, "JWTId", dataWithOffset, readOnly("jwt")},
		{"core-entities/key-auths", credentials, "KeyAuthId", dataWithOffset, readOnly("key-auth")},
		{"core-entities/mtls-auths", credentials, "MTLSAuthId", dataWithOffset, readOnly("mtls-auth")},
		{nested + "acls", credentials, "ACLId", dataWithOffset, all("acl-with-consumer")},
		{nested + "basic-auth", credentials, "BasicAuthId", dataWithOffset, all("basic-auth-with-consumer")},
		{nested + "hmac-auth", credentials, "HMACAuthId", dataWithOffset, all("hmac-auth-with-consumer")},
		{nested + "jwt", credentials, "JWTId", dataWithOffset, all("jwt-with-consumer")},
		{nested + "key-auth", credentials, "KeyAuthId", dataWithOffset, all("key-auth-with-consumer")},
		{nested + "mtls-auth", credentials, "MTLSAuthId", dataWithOffset, all("mtls-auth-with-consumer")},

		{"core-entities/consumer_groups", groups, "ConsumerGroupId", dataWithOffset, all("consumer_group")},
		{"core-entities/consumer_groups/{ConsumerGroupId}/consumers", groups, "ConsumerId", dataWithOffset, operationIDs{
			list: "list-consumers-for-consumer-group", create: "add-consumer-to-group", remove: "remove-consumer-from-group",
			clear: "remove-all-consumers-from-consumer-group"}},
		{"core-entities/consumer_groups/{ConsumerGroupId}/plugins", groups, "PluginId", dataWithOffset, all("plugin-with-consumer_group")},
		{"core-entities/consumers/{ConsumerId}/consumer_groups", groups, "ConsumerGroupId", dataWithOffset, operationIDs{
			list: "list-consumer-groups-for-consumer", create: "add-consumer-to-specific-consumer-group", remove: "remove-consumer-from-consumer-group",
			clear: "remove-consumer-from-all-consumer-groups"}},

		{"core-entities/ca_certificates", tls, "CACertificateId", dataWithOffset, all("ca_certificate")},
		{"core-entities/certificates", tls, "CertificateId", dataWithOffset, all("certificate")},
		{"core-entities/certificates/{CertificateId}/snis", tls, "SNIId", dataWithOffset, all("sni-with-certificate")},
		{"core-entities/snis", tls, "SNIId", dataWithOffset, all("sni")},
		{"core-entities/targets", balancing, "", dataWithOffset, operationIDs{list: "list-targets"}},
		{"core-entities/upstreams", balancing, "UpstreamId", dataWithOffset, all("upstream")},
		{"core-entities/upstreams/{UpstreamIdForTarget}/targets", balancing, "TargetId", dataWithOffset, all("target-with-upstream")},
		{"core-entities/keys", keys, "KeyId", dataWithOffset, all("key")},
		{"core-entities/key-sets", keys, "KeySetId", dataWithOffset, all("key-set")},
		{"core-entities/key-sets/{KeySetId}/keys", keys, "KeyId", dataWithOffset, all("key-with-key-set")},

		{"core-entities/custom-plugins", custom, "CustomPluginId", dataWithOffset, all("custom-plugin")},
		{"core-entities/plugin-schemas", custom, "name", itemsWithCount, operationIDs{
			list: "list-plugin-schemas", create: "create-plugin-schemas", get: "get-plugin-schema", put: "update-plugin-schemas", remove: "delete-plugin-schemas"}},
		{"core-entities/partials", custom, "PartialId", dataWithOffset, all("partial")},
		{"core-entities/partials/{PartialId}/links", custom, "", dataWithOffset, operationIDs{list: "list-partial-link"}},
		{"core-entities/degraphql_routes", graphQL, "Degraphql_routeId", dataWithOffset, readOnly("degraphql_route")},
		{"core-entities/services/{ServiceId}/degraphql/routes", graphQL, "Degraphql_routeId", dataWithOffset, all("degraphql_route-with-service")},
		{"core-entities/graphql-rate-limiting-advanced/costs", graphQL, "GraphQLCostDecorationId", dataWithOffset, readOnly("graphql-rate-limiting-advanced-cost")},
		{"core-entities/services/{ServiceId}/graphql-rate-limiting-advanced/costs", graphQL, "GraphQLCostDecorationId", dataWithOffset, all("graphql-rate-limiting-advanced-cost-with-service")},

		{"core-entities/vaults", vaults, "VaultId", dataWithOffset, all("vault")},
		{"config-stores", vaults, "configStoreId", dataWithCursor, operationIDs{
			list: "list-config-stores", create: "create-config-store", get: "get-config-store", put: "update-config-store", remove: "delete-config-store"}},
		{"config-stores/{configStoreId}/secrets", vaults, "key", dataWithCursor, operationIDs{
			list: "list-config-store-secrets", create: "create-config-store-secret", get: "get-config-store-secret", put: "update-config-store-secret", remove: "delete-config-store-secret"}},
		{"dp-client-certificates", remote, "certificateId", itemsWithCount, operationIDs{
			list: "list-dp-client-certificates", create: "create-dataplane-certificate", get: "get-dataplane-certificate", put: "update-dataplane-certificate", remove: "delete-dataplane-certificate"}},
	}
}

// emptyRoutes: the collections that Portico does not have.
func (s server) emptyRoutes() []route.Route {
	var out []route.Route
	for _, c := range Collections() {
		path := controlPlane + "/" + c.Path
		one, reads, writes := path+"/{"+c.item+"}", inPlane(access.View), inPlane(access.Edit)
		if strings.Contains(c.Path, "/consumers/") {
			writes = inPlane(access.Consumers)
		}
		absent, refused := s.absent(c), s.refused(c)
		for _, r := range []route.Route{
			route.On("GET", path, c.ids.list, s.emptyList(c), reads),
			route.On("POST", path, c.ids.create, refused, writes),
			route.On("DELETE", path, c.ids.clear, absent, writes),
			route.On("GET", one, c.ids.get, absent, reads),
			route.On("PUT", one, c.ids.put, refused, writes),
			route.On("DELETE", one, c.ids.remove, absent, writes),
		} {
			if r.ID != "" {
				out = append(out, r)
			}
		}
	}
	return out
}

var parameter = regexp.MustCompile(`\{(\w+)\}`)

// above finds what the path says that the collection belongs to: the control
// plane, and whatever else is named. KindNotFound.
func (s server) above(c Collection, r *http.Request) error {
	plane, _, err := inControlPlane(r, "")
	if err != nil {
		return err
	}
	if _, err := s.Gateways.ControlPlane(r.Context(), plane); err != nil {
		return err
	}
	for _, p := range parameter.FindAllStringSubmatch(c.Path, -1) {
		_, ref, err := inControlPlane(r, p[1])
		if err != nil {
			return err
		}
		switch p[1] {
		case "ConsumerId", "ConsumerIdForNestedEntities":
			_, err = s.consumerID(r.Context(), plane, ref)
		case "ServiceId":
			_, err = s.serviceID(r.Context(), plane, ref)
		default:
			err = portico.NotFound("such entity", ref)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

type countedList struct {
	Items []struct{} `json:"items"`
	Page  count      `json:"page"`
}

type count struct {
	Total int `json:"total_count"`
}

// emptyList answers with a page of nothing.
func (s server) emptyList(c Collection) httpkit.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := s.above(c, r); err != nil {
			return err
		}
		nothing, none := portico.Page[struct{}]{}, func(v struct{}) struct{} { return v }
		if c.form == dataWithOffset {
			q, err := parseCoreList(r, listing.Spec{})
			if err != nil {
				return err
			}
			return httpkit.JSON(w, http.StatusOK, listing.OffsetEnvelope(r, nothing, q, none))
		}
		q, err := listing.ParseCursor(r, listing.Spec{})
		if err != nil {
			return err
		}
		if c.form == itemsWithCount {
			return httpkit.JSON(w, http.StatusOK, countedList{Items: []struct{}{}})
		}
		return httpkit.JSON(w, http.StatusOK, listing.CursorEnvelope(r, nothing, q, none))
	}
}

// absent answers for one of nothing.
func (s server) absent(c Collection) httpkit.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := s.above(c, r); err != nil {
			return err
		}
		return portico.Errorf(portico.KindNotFound, "There is nothing here: %s.", c.Reason)
	}
}

// refused answers who would put something in.
func (s server) refused(c Collection) httpkit.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := s.above(c, r); err != nil {
			return err
		}
		e := portico.Invalid("body", "invalid", "cannot be kept here: "+c.Reason)
		e.Detail = "Portico has no such entities: " + c.Reason + ". Nothing was changed."
		return e
	}
}
