package azblob

import (
	"sync"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
)

// Workspaces is a view of the store: whose the containers are. It has a lock of its
// own, so that a request need not wait for transactions.
type Workspaces struct {
	mu     sync.RWMutex
	byID   map[atelier.ID]*atelier.Workspace
	byName map[string]*atelier.Workspace // by container, and by what upload containers begin with
}

var _ store.View = (*Workspaces)(nil)

// Kinds implements store.View.
func (v *Workspaces) Kinds() []string { return []string{atelier.KindWorkspace} }

// Reset implements store.View.
func (v *Workspaces) Reset() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.byID, v.byName = map[atelier.ID]*atelier.Workspace{}, map[string]*atelier.Workspace{}
}

// Apply implements store.View.
func (v *Workspaces) Apply(c store.Change) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if old := v.byID[c.ID]; old != nil {
		for _, name := range names(old) {
			delete(v.byName, name)
		}
		delete(v.byID, c.ID)
	}
	if c.Gone {
		return
	}
	w := c.Resource().(*atelier.Workspace)
	if w.Deleting() {
		return
	}
	v.byID[c.ID] = w
	for _, name := range names(w) {
		v.byName[name] = w
	}
}

func names(w *atelier.Workspace) []string {
	return []string{
		atelier.Container(w.UID, atelier.DataStore), atelier.Container(w.UID, atelier.ArtifactStore), atelier.UploadMark(w.UID),
	}
}

// of is the workspace that the container is in, or nil.
func (v *Workspaces) of(container string) *atelier.Workspace {
	v.mu.RLock()
	defer v.mu.RUnlock()
	w := v.byName[container]
	if w == nil {
		w = v.byName[container[:min(16, len(container))]]
	}
	if w == nil {
		return nil
	}
	if _, ok := atelier.ContainerPrefix(w.UID, container); !ok {
		return nil
	}
	return w
}

// uids are the workspaces that there are, in no order.
func (v *Workspaces) uids() []string {
	v.mu.RLock()
	defer v.mu.RUnlock()
	list := make([]string, 0, len(v.byID))
	for _, w := range v.byID {
		list = append(list, w.UID)
	}
	return list
}
