package client

import (
	"context"
	"iter"
	"net/http"
	"net/url"
)

// PutCompute creates or replaces a compute. Body is a Compute or any JSON.
func (c *Client) PutCompute(ctx context.Context, name string, body any) (*Compute, *Operation, error) {
	return c.writeCompute(ctx, http.MethodPut, name, body)
}

// PatchCompute changes some fields of a compute.
func (c *Client) PatchCompute(ctx context.Context, name string, body any) (*Compute, *Operation, error) {
	return c.writeCompute(ctx, http.MethodPatch, name, body)
}

func (c *Client) writeCompute(ctx context.Context, method, name string, body any) (*Compute, *Operation, error) {
	raw, h, err := c.Raw(ctx, method, c.Path("computes", name), nil, body)
	if err != nil {
		return nil, nil, err
	}
	v, err := read[Compute](raw)
	return v, operation(h), err
}

// Compute reads one compute.
func (c *Client) Compute(ctx context.Context, name string) (*Compute, error) {
	return get[Compute](ctx, c, c.Path("computes", name), nil)
}

// Computes lists the computes of the workspace.
func (c *Client) Computes(ctx context.Context) iter.Seq2[*Compute, error] {
	return pages[Compute](ctx, c, http.MethodGet, c.Path("computes"), nil)
}

// DeleteCompute removes a compute. The operation is empty if there was none.
func (c *Client) DeleteCompute(ctx context.Context, name string) (*Operation, error) {
	_, h, err := c.Raw(ctx, http.MethodDelete, c.Path("computes", name), url.Values{"underlyingResourceAction": {"Delete"}}, nil)
	if err != nil {
		return nil, err
	}
	return operation(h), nil
}

// DetachCompute lets go of an attached compute, which goes on existing elsewhere.
func (c *Client) DetachCompute(ctx context.Context, name string) (*Operation, error) {
	_, h, err := c.Raw(ctx, http.MethodDelete, c.Path("computes", name), url.Values{"underlyingResourceAction": {"Detach"}}, nil)
	if err != nil {
		return nil, err
	}
	return operation(h), nil
}

// PowerCompute starts, stops or restarts an instance: verb is one of these.
func (c *Client) PowerCompute(ctx context.Context, name, verb string) (*Operation, error) {
	_, h, err := c.Raw(ctx, http.MethodPost, c.Path("computes", name, verb), nil, nil)
	if err != nil {
		return nil, err
	}
	return operation(h), nil
}

// Nodes lists the nodes of a cluster or an instance.
func (c *Client) Nodes(ctx context.Context, compute string) iter.Seq2[*Node, error] {
	return pages[Node](ctx, c, http.MethodPost, c.Path("computes", compute, "listNodes"), nil)
}

// ChangeNode drains a node of a cluster, or has its machine taken away: verb is
// drain or preempt.
func (c *Client) ChangeNode(ctx context.Context, compute, node, verb string) (*Node, error) {
	return call[Node](ctx, c, http.MethodPost, c.Path("computes", compute, "nodes", node, verb), nil, nil)
}

// WhyCompute says why a compute is not what it should be.
func (c *Client) WhyCompute(ctx context.Context, name string) (*Why, error) {
	return get[Why](ctx, c, c.Path("computes", name, "why"), nil)
}

// Sizes lists the machine shapes of a location.
func (c *Client) Sizes(ctx context.Context, location string) iter.Seq2[*Size, error] {
	return pages[Size](ctx, c, http.MethodGet, c.LocationPath(location, "vmSizes"), nil)
}

// Usages lists what is in use at a location, against its limits.
func (c *Client) Usages(ctx context.Context, location string) iter.Seq2[*Usage, error] {
	return pages[Usage](ctx, c, http.MethodGet, c.LocationPath(location, "usages"), nil)
}

// Workspace is the workspace that the client is for.
type Workspace struct {
	Resource
	Location string            `json:"location"`
	Tags     map[string]string `json:"tags,omitempty"`
}

// Workspace reads it.
func (c *Client) Workspace(ctx context.Context) (*Workspace, error) {
	return get[Workspace](ctx, c, c.Path(), nil)
}
