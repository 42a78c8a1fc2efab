package e2e_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
)

const shopSpec = `{"openapi":"3.0.3","info":{"title":"Shop","version":"1"},"servers":[{"url":"https://shop.example/shop/v1"}],"paths":{
	"/orders":{"get":{"operationId":"listOrders","summary":"List the wares sold","responses":{"200":{"description":"ok"}}},"post":{"operationId":"addOrder","responses":{"201":{"description":"ok"}}}},
	"/orders/{id}":{"get":{"operationId":"readOrder","parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string"}}],"responses":{"200":{"description":"ok"}}}}}}`

// TestAPackageOfOperations is the whole way of a package: an admin makes it of
// an API's operations and publishes it, a developer finds it and registers an
// application, and the gateway lets that call what the package holds, only that,
// and only as long as it may.
func TestAPackageOfOperations(t *testing.T) {
	t.Parallel()
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusOK) }))
	defer upstream.Close()
	p := demo(t, t.TempDir(), "--port-base", strconv.Itoa(portBase(t)))
	admin := newAPI(t, p.ManagementURL, "Authorization", "Bearer "+p.Token)

	plane := id(admin.do("POST", "/v2/control-planes", object{"name": "shop"}, 201))
	core := "/v2/control-planes/" + plane + "/core-entities/services"
	service := id(admin.do("POST", core, object{"name": "shop", "url": upstream.URL}, 201))
	admin.do("POST", core+"/"+service+"/routes", object{"name": "shop", "paths": []string{"/shop/v1"}}, 201)
	shop := id(admin.do("POST", "/v3/apis", object{"name": "Shop", "version": "1", "spec_content": shopSpec}, 201))
	admin.do("POST", "/v3/apis/"+shop+"/implementations", object{"control_plane": object{"control_plane_id": plane}}, 201)

	strategy := id(admin.do("POST", "/v2/application-auth-strategies", object{
		"name": "keys", "display_name": "Keys", "strategy_type": "key_auth", "configs": object{"key-auth": object{"key_names": []string{"apikey"}}},
	}, 201))
	portal := admin.do("GET", "/v3/portals", nil, 200)["data"].([]any)[0].(object)["id"].(string)
	publication := object{"auth_strategy_ids": []string{strategy}, "visibility": "public", "auto_approve_registrations": true}
	admin.do("PUT", "/v3/apis/"+shop+"/publications/"+portal, publication, 200)
	pack := id(admin.do("POST", "/v3/api-packages", object{"name": "Shop reader", "version": "1"}, 201))
	var changes []object
	for _, o := range admin.do("GET", "/v3/apis/"+shop+"/operations?filter[method]=GET", nil, 200)["data"].([]any) {
		changes = append(changes, object{"op": "add", "path": "operations/" + id(o.(object))})
	}
	admin.do("PATCH", "/v3/api-packages/"+pack+"/operations", changes, 204)
	admin.do("PUT", "/v3/api-packages/"+pack+"/publications/"+portal, publication, 200)

	dana := signedIn(p)
	shown := dana.do("GET", "/api/v3/apis/shop-reader-1", nil, 200)
	if id(shown) != pack || len(shown["auth_strategies"].([]any)) != 1 {
		t.Errorf("the portal shows %v", shown)
	}
	if found := dana.do("GET", "/api/v3/search?q=wares", nil, 200)["data"].([]any); len(found) != 2 {
		t.Errorf("found %v", found)
	}
	register := func(name, api string) (key, registration string) {
		app := id(dana.do("POST", "/api/v3/applications", object{"name": name, "auth_strategy_id": strategy}, 201))
		registered := dana.do("POST", "/api/v3/applications/"+app+"/registrations", object{"api_id": api}, 201)
		made := dana.do("POST", "/api/v3/applications/"+app+"/credentials", object{"display_name": "key"}, 201)
		return made["credential"].(string), "/v3/portals/" + portal + "/applications/" + app + "/registrations/" + id(registered)
	}
	reader, registration := register("Reader", pack)
	writer, _ := register("Writer", shop)
	call := func(method, path, key string, want int) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, p.GatewayURL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("apikey", key)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s %s: %d, want %d", method, path, res.StatusCode, want)
		}
	}
	call("GET", "/shop/v1/orders", "", 401)
	call("GET", "/shop/v1/orders", reader, 200)
	call("GET", "/shop/v1/orders/7", reader, 200)
	call("POST", "/shop/v1/orders", reader, 403)
	call("POST", "/shop/v1/orders", writer, 200)
	call("GET", "/shop/v1/health", "", 200) // no operation

	// What is taken out of the package counts from the next request on.
	admin.do("DELETE", "/v3/api-packages/"+pack+"/operations/"+changes[0]["path"].(string)[len("operations/"):], nil, 204)
	call("GET", "/shop/v1/orders", reader, 403)
	call("GET", "/shop/v1/orders/7", reader, 200)
	admin.do("PATCH", "/v3/api-packages/"+pack, object{"rate_limiting_config": object{"limit": 0, "duration": "hours"}}, 200)
	call("GET", "/shop/v1/orders/7", reader, 429)
	admin.do("PATCH", "/v3/api-packages/"+pack, object{"rate_limiting_config": nil}, 200)
	call("GET", "/shop/v1/orders/7", reader, 200)
	admin.do("PATCH", registration, object{"status": "revoked"}, 200)
	call("GET", "/shop/v1/orders/7", reader, 403)
	call("GET", "/shop/v1/orders/7", writer, 200)
}
