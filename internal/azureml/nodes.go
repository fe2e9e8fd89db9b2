package azureml

import (
	"net"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/provider"
	"github.com/atelier-compute/atelier/internal/store"
)

// nodeOut is AmlComputeNodeInformation, and ours below it.
type nodeOut struct {
	NodeID           string  `json:"nodeId"`
	PrivateIPAddress *string `json:"privateIpAddress"`
	PublicIPAddress  *string `json:"publicIpAddress"`
	Port             *int    `json:"port"`
	NodeState        string  `json:"nodeState" api:"enum=idle|running|preparing|unusable|leaving|preempted"`
	RunID            *string `json:"runId"`

	State   string        `json:"state" api:"enum=Wanted|Booting|Ready|Lost|Draining|Leaving|Gone"` // as Atelier has it: Wanted, Booting, Ready, …
	Since   *string       `json:"since"`                                                            // when State was entered
	HeardAt *string       `json:"heardAt"`
	Host    *atelier.Host `json:"host"`
	Problem *errorItem    `json:"problem"`
	*nodeOwn
}

// nodeOwn is what only arm.OwnVersion has.
type nodeOwn struct {
	Actions          []string `json:"actions" api:"notnull"` // what the caller may do with it now: drain, preempt
	Connection       *string  `json:"connection"`            // how to reach it by SSH
	ConnectionReason string   `json:"connectionReason"`      // why not
	IdleSince        *string  `json:"idleSince"`             // since when it is without work; null while it has some
}

const noConnection = "Nodes accept no SSH connections in this version of Atelier."

type nodeList struct {
	Nodes    []nodeOut `json:"nodes" api:"notnull"`
	NextLink *string   `json:"nextLink"`
}

// listNodes is called by POST, and by GET for the next pages (wire A.2).
func (a *API) listNodes(r *arm.Request) (int, any, error) {
	page, err := r.Page()
	if err != nil {
		return 0, nil, err
	}
	jobs := map[atelier.ID]atelier.ID{}
	out := nodeList{Nodes: []nodeOut{}}
	err = a.read(r, func(tx *store.Tx, _ *atelier.Workspace) error {
		c, err := computeOf(tx, r)
		if err != nil {
			return err
		}
		if c.Spec.Cluster == nil && r.Query("api-version") != arm.OwnVersion { // as the service says it
			return atelier.Errorf(atelier.Unsupported, "OperationNotSupported", "ComputeListNodes with computeType %s is not supported.", c.Spec.Kind)
		}
		nodes, next, err := store.List[atelier.Node](tx, store.Query{Kind: atelier.KindNode, Parent: c.ID, After: page.After, Limit: page.Top})
		if err != nil {
			return err
		}
		a.DB.Peek(func() {
			for _, n := range nodes {
				if j, busy := a.Queue.JobOf(n.ID); busy {
					jobs[n.ID] = j
				}
			}
		})
		for _, n := range nodes {
			run, err := runName(tx, jobs[n.ID])
			if err != nil {
				return err
			}
			out.Nodes = append(out.Nodes, a.nodeFor(r, c, n, run))
		}
		out.NextLink = r.Next(next)
		return nil
	})
	return ok, out, err
}

// runName is the job's name as its user spelled it.
func runName(tx *store.Tx, job atelier.ID) (*string, error) {
	if job == "" {
		return nil, nil
	}
	j, err := get[atelier.Job](tx, job)
	if j == nil || err != nil {
		return nil, err
	}
	return &j.Name, nil
}

// nodeFor is the node as the caller sees it.
func (a *API) nodeFor(r *arm.Request, c *atelier.Compute, n *atelier.Node, run *string) nodeOut {
	out := nodeOutOf(n, run)
	if r.Query("api-version") != arm.OwnVersion {
		return out
	}
	out.nodeOwn = &nodeOwn{Actions: []string{}, ConnectionReason: noConnection}
	if out.NodeState == "idle" {
		out.IdleSince = orNil(idleSince(c, n))
	}
	if r.Caller.May(nodeWrite, c.ID) {
		for _, verb := range nodeVerbs {
			if a.nodeAllows(verb, c, n) == nil {
				out.Actions = append(out.Actions, verb)
			}
		}
	}
	return out
}

// idleSince is when the idle clock of the node began.
func idleSince(c *atelier.Compute, n *atelier.Node) time.Time {
	since := n.Since
	if n.FreedAt.After(since) {
		since = n.FreedAt
	}
	if i := c.Spec.Instance; i != nil && i.IdleSetAt.After(since) {
		since = i.IdleSetAt
	}
	return since
}

const nodeWrite = ws + "computes/write"

var nodeVerbs = []string{"drain", "preempt"}

// nodeAllows says why the verb is not possible on the node as it is now.
func (a *API) nodeAllows(verb string, c *atelier.Compute, n *atelier.Node) error {
	if c.Spec.Cluster == nil {
		return atelier.Errorf(atelier.Unsupported, "OperationNotSupported",
			"%s is for nodes of clusters; %s is an instance: stop or restart it", verb, c.Name)
	}
	if verb == "preempt" {
		if _, can := a.Catalogs[n.Location].(provider.Preempter); !can {
			return atelier.Errorf(atelier.Unsupported, "OperationNotSupported",
				"machines of the location %s cannot be taken away as a drill; those of the location fake can (atelier up --fake-location)", n.Location)
		}
	}
	drainable := n.State == atelier.Wanted || n.State == atelier.Booting || n.State == atelier.Ready
	endable := n.State == atelier.Booting || n.State == atelier.Ready || n.State == atelier.Draining
	if verb == "drain" && (!drainable || !n.DrainAt.IsZero()) || verb == "preempt" && (!endable || !n.PreemptAt.IsZero()) {
		return atelier.Errorf(atelier.Conflict, "NodeStateConflict", "%s of node %s is not possible now: it is %s", verb, n.Name, n.State)
	}
	return nil
}

// changeNode records what the caller wants of a node. It may be said twice.
func (a *API) changeNode(verb string) arm.Handler {
	return func(r *arm.Request) (int, any, error) {
		var out nodeOut
		err := a.write(r, func(tx *store.Tx, _ *atelier.Workspace) error {
			c, err := computeOf(tx, r)
			if err != nil {
				return err
			}
			n, err := get[atelier.Node](tx, c.ID.Child(atelier.KindNode, r.Param("node")))
			if n == nil && err == nil {
				err = atelier.Errorf(atelier.NotFound, "NodeNotFound", "%s has no node %q; it may be gone already", c.Name, r.Param("node"))
			}
			if err != nil {
				return err
			}
			said, at, by := n.DrainAt, &n.DrainAt, &n.DrainBy
			if verb == "preempt" {
				said, at, by = n.PreemptAt, &n.PreemptAt, &n.PreemptBy
			}
			if said.IsZero() {
				if err := a.nodeAllows(verb, c, n); err != nil {
					return err
				}
				*at, *by = a.Now().UTC(), r.Caller.Name()
				if err := store.Put(tx, n); err != nil {
					return err
				}
				tx.Note(n.ID, nodeAsked[verb], "%s", r.Caller.Name()+" asked for it")
			}
			run, err := runName(tx, n.Job)
			out = a.nodeFor(r, c, n, run)
			return err
		})
		return ok, out, err
	}
}

// nodeAsked are the reasons of the events that wishes leave.
var nodeAsked = map[string]string{"drain": "NodeDrainAsked", "preempt": "NodePreemptAsked"}

func nodeOutOf(n *atelier.Node, run *string) nodeOut {
	out := nodeOut{
		NodeID: n.Name, NodeState: nodeState(n, run != nil), RunID: run,
		State: string(n.State), Since: orNil(n.Since), HeardAt: orNil(n.HeardAt), Problem: errorOf(n.Problem),
	}
	if n.Host.Address != "" {
		address := n.Host.Address
		if host, _, err := net.SplitHostPort(address); err == nil {
			address = host
		}
		out.PrivateIPAddress = &address
	}
	if n.Host.VCPUs > 0 {
		out.Host = &n.Host
	}
	return out
}

// nodeState is the state in Azure's words.
func nodeState(n *atelier.Node, busy bool) string {
	switch n.State {
	case atelier.Ready:
		if busy {
			return "running"
		}
		return "idle"
	case atelier.Lost:
		return "unusable"
	case atelier.Draining:
		if busy {
			return "running"
		}
		return "leaving"
	case atelier.Leaving, atelier.Gone:
		if n.Problem != nil && n.Problem.Code == atelier.ReasonPreempted {
			return "preempted"
		}
		return "leaving"
	}
	return "preparing"
}
