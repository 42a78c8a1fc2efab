package idptest

import (
	"context"
	"sync"

	"portico"
)

// Handles are portico.ClientHandles in memory.
type Handles struct {
	mu   sync.Mutex
	kept map[string]portico.ClientHandle // by client id
}

// NewHandles makes an empty book.
func NewHandles() *Handles { return &Handles{kept: map[string]portico.ClientHandle{}} }

// Handle implements portico.ClientHandles.
func (h *Handles) Handle(_ context.Context, clientID string) (portico.ClientHandle, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if kept, ok := h.kept[clientID]; ok {
		return kept, nil
	}
	return portico.ClientHandle{}, portico.NotFound("client handle", clientID)
}

// HandleOf implements portico.ClientHandles.
func (h *Handles) HandleOf(_ context.Context, createKey string) (portico.ClientHandle, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, kept := range h.kept {
		if kept.CreateKey == createKey {
			return kept, nil
		}
	}
	return portico.ClientHandle{}, portico.NotFound("client handle", createKey)
}

// Keep implements portico.ClientHandles.
func (h *Handles) Keep(_ context.Context, handle portico.ClientHandle) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.kept[handle.ClientID] = handle
	return nil
}

// Forget implements portico.ClientHandles.
func (h *Handles) Forget(_ context.Context, clientID string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.kept, clientID)
	return nil
}
