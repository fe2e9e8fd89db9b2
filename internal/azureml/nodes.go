package azureml

import (
	"net"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/store"
)

// nodeOut is AmlComputeNodeInformation, and ours below it.
type nodeOut struct {
	NodeID           string  `json:"nodeId"`
	PrivateIPAddress *string `json:"privateIpAddress"`
	PublicIPAddress  *string `json:"publicIpAddress"`
	Port             *int    `json:"port"`
	NodeState        string  `json:"nodeState"`
	RunID            *string `json:"runId"`

	State   string        `json:"state"` // as Atelier has it: Wanted, Booting, Ready, …
	Since   *string       `json:"since"` // when State was entered
	HeardAt *string       `json:"heardAt"`
	Host    *atelier.Host `json:"host"`
	Problem *errorItem    `json:"problem"`
}

type nodeList struct {
	Nodes    []nodeOut `json:"nodes"`
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
			out.Nodes = append(out.Nodes, nodeOutOf(n, run))
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
	case atelier.Leaving:
		if n.Problem != nil && n.Problem.Code == atelier.ReasonPreempted {
			return "preempted"
		}
		return "leaving"
	}
	return "preparing"
}
