package e2e_test

import (
	"regexp"
	"strings"

	"portico/mgmtapi"
	"portico/mgmtapi/route"
)

// makeCore makes one of each kind of core entity, and finds the node.
func (a *attacked) makeCore(admin *api, plane string) {
	at := "/v2/control-planes/" + plane
	consumer := id(admin.do("POST", at+"/core-entities/consumers", object{"username": "victim"}, 201))
	a.ids["ConsumerId"], a.ids["ConsumerIdForNestedEntities"] = consumer, consumer
	a.ids["PluginId"] = id(admin.do("POST", at+"/core-entities/plugins", object{
		"name": "request-size-limiting", "service": object{"id": a.ids["ServiceId"]}, "route": object{"id": a.ids["RouteId"]}, "consumer": object{"id": consumer}}, 201))
	a.makeBelow(admin, at+"/core-entities")
	a.ids["nodeId"] = id(admin.do("GET", at+"/nodes", nil, 200)["items"].([]any)[0].(object))
	a.ids["pluginName"], a.ids["entityName"] = "cors", "plugins"
}

// makeBelow makes routes and plugins that are attacked below a parent, one for
// each method that may give it another: then it is not there any more.
func (a *attacked) makeBelow(admin *api, at string) {
	const core = "/v2/control-planes/{controlPlaneId}/core-entities/"
	for method, name := range map[string]string{"PUT ": "request-size-limiting", "PATCH ": "request-termination"} { // one of a kind in a place
		a.ids[method+core+"services/{ServiceId}/routes/{RouteId}"] = id(admin.do("POST", at+"/routes", object{"paths": []string{"/below"}, "service": object{"id": a.ids["ServiceId"]}}, 201))
		for wildcard, parent := range map[string]string{"ServiceId": "service", "RouteId": "route", "ConsumerIdForNestedEntities": "consumer"} {
			plugin := object{"name": name, "enabled": false, parent: object{"id": a.ids[wildcard]}}
			a.ids[method+core+parent+"s/{"+wildcard+"}/plugins/{PluginId}"] = id(admin.do("POST", at+"/plugins", plugin, 201))
		}
	}
}

// coreBodies are good bodies for core entities below a control plane.
func (a *attacked) coreBodies() map[string]object {
	const core = "/v2/control-planes/{controlPlaneId}/core-entities/"
	consumer := object{"username": "u", "custom_id": "c", "tags": []any{"a"}}
	plugin := object{"name": "rate-limiting", "instance_name": "i", "service": object{"id": a.ids["ServiceId"]}, "route": object{"id": a.ids["RouteId"]}, "consumer": object{"id": a.ids["ConsumerId"]},
		"protocols": []any{"http"}, "enabled": false, "tags": []any{"a"}, "config": object{"minute": 1000, "limit_by": "header", "header_name": "x", "error_message": "m", "hide_client_headers": true}}
	bodies := map[string]object{
		"create-consumer": consumer, "upsert-consumer": consumer, "PATCH " + core + "consumers/{ConsumerId}": consumer,
		"create-plugin": plugin, "upsert-plugin": plugin, "PATCH " + core + "plugins/{PluginId}": plugin, "validate-entity-schema": plugin,
		"update-application-registration-consumer": {"id": a.ids["ConsumerId"]},
	}
	for noun, parent := range map[string]string{"service": "services/{ServiceId}", "route": "routes/{RouteId}", "consumer": "consumers/{ConsumerIdForNestedEntities}"} {
		bodies["create-plugin-with-"+noun], bodies["upsert-plugin-with-"+noun], bodies["PATCH "+core+parent+"/plugins/{PluginId}"] = plugin, plugin, plugin
	}
	return bodies
}

var braces = regexp.MustCompile(`\{[^}]*\}`)

// isEmpty says whether an operation is on a collection that Portico does not
// have: what is sent there is refused unread.
func isEmpty(op route.Route) bool {
	path := braces.ReplaceAllString(op.Pattern, "*")
	for _, c := range mgmtapi.EmptyCollections() {
		if path == c.Path || strings.HasPrefix(path, c.Path+"/") {
			return true
		}
	}
	return false
}
