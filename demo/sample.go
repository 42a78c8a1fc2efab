package demo

import (
	_ "embed"
	"encoding/json"
	"net/http"
)

// sampleSpecification describes the sample API for the portal.
//
//go:embed orders.yaml
var sampleSpecification string

// order is what the sample API deals in.
type order struct {
	ID     string  `json:"id"`
	Item   string  `json:"item"`
	Amount int     `json:"amount"`
	Price  float64 `json:"price"`
}

// sampleAPI is the upstream that the gateway protects: a small order book that
// also says for which application the gateway let the request through.
func sampleAPI() http.Handler {
	orders := []order{{"o-1001", "espresso beans, 1 kg", 2, 27.80}, {"o-1002", "paper filters, 100", 5, 4.20}, {"o-1003", "hand grinder", 1, 64.00}}
	answer := func(w http.ResponseWriter, r *http.Request, status int, body map[string]any) {
		body["application"] = r.Header.Get("X-Consumer-Username")
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(body)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /orders", func(w http.ResponseWriter, r *http.Request) {
		answer(w, r, http.StatusOK, map[string]any{"orders": orders})
	})
	mux.HandleFunc("GET /orders/{id}", func(w http.ResponseWriter, r *http.Request) {
		for _, o := range orders {
			if o.ID == r.PathValue("id") {
				answer(w, r, http.StatusOK, map[string]any{"order": o})
				return
			}
		}
		answer(w, r, http.StatusNotFound, map[string]any{"message": "no such order"})
	})
	return mux
}
