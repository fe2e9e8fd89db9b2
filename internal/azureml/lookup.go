package azureml

import (
	"strings"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/store"
)

// lookup resolves what jobs refer to, within one transaction; it remembers what it
// found, since the jobs of a batch mostly refer to the same.
type lookup struct {
	tx       *store.Tx
	w        *atelier.Workspace
	computes map[atelier.ID]*atelier.Compute
	assets   map[atelier.ID]*atelier.Asset
}

func newLookup(tx *store.Tx, w *atelier.Workspace) *lookup {
	return &lookup{tx: tx, w: w, computes: map[atelier.ID]*atelier.Compute{}, assets: map[atelier.ID]*atelier.Asset{}}
}

// computeID reads an ARM ID, "azureml:name" or a name.
func (l *lookup) computeID(text string) (atelier.ID, error) {
	const at = "properties.computeId"
	parts, err := l.reference(text, "computes", 2, at)
	if err != nil {
		return "", err
	}
	if len(parts) == 1 {
		if strings.EqualFold(parts[0], "local") {
			return "", atelier.Errorf(atelier.Invalid, "InvalidCompute", "computeId %q means the client's own machine; name a compute of the workspace", text).At(at)
		}
		return l.w.ID.Child(atelier.KindCompute, parts[0]), nil
	}
	return l.w.ID.Child(atelier.KindCompute, parts[1]), nil
}

// assetID reads an ARM ID, "azureml:name:version" or "name:version"; "" is "".
func (l *lookup) assetID(kind, text, at string) (atelier.ID, error) {
	if text == "" {
		return "", nil
	}
	parts, err := l.reference(text, kind, 4, at)
	if err != nil {
		return "", err
	}
	name, version := "", ""
	if len(parts) == 1 {
		i := strings.LastIndexByte(parts[0], ':')
		if i < 1 || i == len(parts[0])-1 {
			return "", badReference(text, "give name and version as azureml:name:version", at)
		}
		name, version = parts[0][:i], parts[0][i+1:]
	} else if name, version = parts[1], parts[3]; !strings.EqualFold(parts[2], "versions") {
		return "", badReference(text, "it does not name a version", at)
	}
	if checkName("name", name) != nil || checkName("version", version) != nil {
		return "", badReference(text, "there can be no such name or version", at)
	}
	return assetID(l.w, kind, name, version), nil
}

func assetID(w *atelier.Workspace, kind, name, version string) atelier.ID {
	return w.ID.Child(kind, name+":"+version)
}

// reference splits an ARM ID of this workspace into what follows the workspace; n
// is how many parts that must be. A text without slashes is one part.
func (l *lookup) reference(text, collection string, n int, at string) ([]string, error) {
	rest := text
	if len(rest) >= 8 && strings.EqualFold(rest[:8], "azureml:") {
		rest = rest[8:]
	}
	if strings.HasPrefix(rest, "//") {
		return nil, badReference(text, "registries and URIs are not supported here; name what is in the workspace", at)
	}
	if !strings.Contains(rest, "/") {
		if strings.ContainsAny(rest, "~?#%") || rest == "" {
			return nil, badReference(text, "it is not a name", at)
		}
		return []string{rest}, nil
	}
	prefix := arm.WorkspacePath(l.w.Subscription, l.w.ResourceGroup, l.w.Name) + "/"
	if len(rest) < len(prefix) || !strings.EqualFold(rest[:len(prefix)], prefix) {
		return nil, badReference(text, "it is not in this workspace", at)
	}
	parts := strings.Split(rest[len(prefix):], "/")
	if len(parts) != n || !strings.EqualFold(parts[0], collection) || parts[1] == "" {
		return nil, badReference(text, "it does not name one of "+collection, at)
	}
	return parts, nil
}

func badReference(text, why, at string) error {
	return atelier.Errorf(atelier.Invalid, "InvalidReference", "%q cannot be used: %s", text, why).At(at)
}

// check makes sure that what the job refers to is there and that it can ever run.
func (l *lookup) check(s *atelier.JobSpec) error {
	if err := l.checkCompute(s); err != nil {
		return err
	}
	for _, ref := range []struct {
		id atelier.ID
		at string
	}{{s.Code, "properties.codeId"}, {s.Environment, "properties.environmentId"}} {
		if ref.id == "" {
			continue
		}
		if _, err := l.asset(ref.id, ref.at); err != nil {
			return err
		}
	}
	for _, name := range sorted(s.Inputs) {
		in := s.Inputs[name]
		if in.Type == literal || !assetRef(in.URI) {
			continue
		}
		at := "properties.inputs." + name + ".uri"
		id, err := l.assetID(atelier.KindData, in.URI, at)
		if err != nil {
			return err
		}
		a, err := l.asset(id, at)
		if err != nil {
			return err
		}
		if _, err := atelier.BlobKey(l.w, a.URI); err != nil && in.Mode != "Direct" {
			return atAs(err, at)
		}
	}
	return nil
}

func (l *lookup) checkCompute(s *atelier.JobSpec) error {
	const at = "properties.computeId"
	c, err := l.compute(s.Compute)
	switch {
	case err != nil:
		return err
	case c == nil:
		return atelier.Errorf(atelier.Invalid, "ComputeNotFound",
			"there is no compute %q in workspace %s; create it first, or name another", s.Compute.Name(), l.w.Name).At(at)
	case c.Deleting():
		return atelier.Errorf(atelier.Conflict, "ComputeDeleting", "compute %q is being deleted; name another", c.Name).At(at)
	case c.Spec.Attached != nil:
		k, _ := atelier.AttachedKindOf(c.Spec.Kind)
		return atelier.Errorf(atelier.Unsupported, "ComputeTypeNotSupported",
			"compute %q (%s) runs no jobs yet: Atelier keeps it (%s) but cannot drive it; submit the job to a cluster or an instance", c.Name, c.Spec.Kind, k.What).At(at)
	case c.Spec.Instance != nil && s.Instances > 1:
		return atelier.Errorf(atelier.Invalid, "JobNodeCountExceedsClusterSize",
			"the job takes %d nodes at once and instance %q is one machine; submit it to a cluster", s.Instances, c.Name).At("properties.resources.instanceCount")
	case c.Spec.Cluster != nil && s.Instances > c.Spec.Cluster.Max:
		return atelier.Errorf(atelier.Invalid, "JobNodeCountExceedsClusterSize",
			"the job takes %d nodes at once and cluster %q has at most %d; ask for fewer (resources.instanceCount), or raise maxNodeCount to %d",
			s.Instances, c.Name, c.Spec.Cluster.Max, s.Instances).At("properties.resources.instanceCount")
	}
	return nil
}

func (l *lookup) compute(id atelier.ID) (*atelier.Compute, error) {
	if c, known := l.computes[id]; known {
		return c, nil
	}
	c, err := get[atelier.Compute](l.tx, id)
	if err == nil {
		l.computes[id] = c
	}
	return c, err
}

func (l *lookup) asset(id atelier.ID, at string) (*atelier.Asset, error) {
	if a, known := l.assets[id]; known {
		return a, nil
	}
	a, err := get[atelier.Asset](l.tx, id)
	if err == nil && a == nil {
		group := atelier.AssetGroup(id).Name()
		err = atelier.Errorf(atelier.Invalid, "AssetNotFound", "there is no version %q of %q in %s of workspace %s; create it first",
			id.Name()[len(group)+1:], group, id.Kind(), l.w.Name).At(at)
	}
	if err == nil {
		l.assets[id] = a
	}
	return a, err
}

// assetRef reports whether an input's URI names a data asset.
func assetRef(uri string) bool {
	rest, named := strings.CutPrefix(uri, "azureml:")
	return named && rest != "" && !strings.HasPrefix(rest, "//") || strings.HasPrefix(uri, "/subscriptions/")
}
