package catalog

import (
	"sync"
	"time"

	"portico"
	"portico/webui/reference"
)

// maxDocuments is how many specifications are kept in memory as they are read.
const maxDocuments = 24

// documents keeps the specifications that were read last.
type documents struct {
	mu   sync.Mutex
	read map[portico.VersionID]*readDocument
	uses int64
}

// readDocument is a specification as it was read, or why it cannot be.
type readDocument struct {
	document  *reference.Document
	err       error
	updatedAt time.Time
	lastUse   int64
}

func newDocuments() *documents { return &documents{read: map[portico.VersionID]*readDocument{}} }

// of reads a version's specification, or takes it from memory.
func (d *documents) of(v portico.Version) (*reference.Document, error) {
	d.mu.Lock()
	d.uses++
	if known := d.read[v.ID]; known != nil && known.updatedAt.Equal(v.UpdatedAt) {
		known.lastUse = d.uses
		d.mu.Unlock()
		return known.document, known.err
	}
	d.mu.Unlock()
	fresh := &readDocument{updatedAt: v.UpdatedAt}
	fresh.document, fresh.err = reference.Read([]byte(v.Content))
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.read[v.ID] == nil && len(d.read) >= maxDocuments {
		d.forget()
	}
	fresh.lastUse = d.uses
	d.read[v.ID] = fresh
	return fresh.document, fresh.err
}

// forget drops what was not used for the longest time.
func (d *documents) forget() {
	var oldest portico.VersionID
	for id, r := range d.read {
		if oldest == "" || r.lastUse < d.read[oldest].lastUse {
			oldest = id
		}
	}
	delete(d.read, oldest)
}
