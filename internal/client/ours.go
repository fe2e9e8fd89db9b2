package client

import (
	"context"
	"iter"
	"net/http"
	"net/url"
)

// Access is who the caller is, and what they may do in the workspace.
type Access struct {
	Kept
	Name        string `json:"name"`
	DisplayName string `json:"displayName"`
	Kind        string `json:"kind"` // user, service or identity
	Workspace   struct {
		Name          string `json:"name"`
		Location      string `json:"location"`
		Subscription  string `json:"subscription"`
		ResourceGroup string `json:"resourceGroup"`
	} `json:"workspace"`
	Roles   []string `json:"roles"`
	Actions []string `json:"actions"`
}

// Access asks who the caller is.
func (c *Client) Access(ctx context.Context) (*Access, error) {
	return get[Access](ctx, c, c.Path("access"), nil)
}

// Offer is a size with what it costs, and whether it can be had.
type Offer struct {
	Kept
	Name         string   `json:"name"`
	Family       string   `json:"family"`
	VCPUs        int      `json:"vCPUs"`
	MemoryGB     float64  `json:"memoryGB"`
	GPUs         int      `json:"gpus"`
	GPUModel     string   `json:"gpuModel"`
	DiskGB       int      `json:"diskGB"`
	PricePerHour *float64 `json:"pricePerHour"` // USD; nil: not known
	Category     string   `json:"category"`
	Quota        struct {
		Used      int `json:"used"`
		Limit     int `json:"limit"` // -1 is none
		Available int `json:"available"`
	} `json:"quota"`
	Capacity     *int   `json:"capacity"`     // nil: not known, or no limit
	Availability string `json:"availability"` // Available, Partial, WouldWait, NoQuota, NotAllowed
	Reason       *struct {
		Code    string            `json:"code"`
		Message string            `json:"message"`
		Params  map[string]string `json:"params"`
	} `json:"reason"`
	Recommended bool `json:"recommended"`
}

// Offers lists every size of a location; "" is the workspace's, and at no priority
// dedicated.
func (c *Client) Offers(ctx context.Context, location, priority string) iter.Seq2[*Offer, error] {
	v := url.Values{}
	for key, value := range map[string]string{"location": location, "priority": priority} {
		if value != "" {
			v.Set(key, value)
		}
	}
	return pages[Offer](ctx, c, http.MethodGet, c.Path("sizes"), v)
}

// Preview is what a dry run says of a compute beside what it would be.
type Preview struct {
	Currency     string `json:"currency"`
	PricePerHour *struct {
		Min float64 `json:"min"`
		Max float64 `json:"max"`
	} `json:"pricePerHour"` // nil: not known
	Quota *struct {
		Family string `json:"family"`
		Before int    `json:"before"` // vCPUs
		After  int    `json:"after"`
		Limit  int    `json:"limit"` // -1 is none
	} `json:"quota"`
	Warnings []Problem `json:"warnings"`
	IsNew    bool      `json:"isNew"`
}

// TryCompute says what PutCompute would make, and fails as it would; nothing is stored.
func (c *Client) TryCompute(ctx context.Context, name string, body any) (*Compute, error) {
	return call[Compute](ctx, c, http.MethodPut, c.Path("computes", name), dryRun(), body)
}

// TryPatch says what PatchCompute would make, and fails as it would.
func (c *Client) TryPatch(ctx context.Context, name string, body any) (*Compute, error) {
	return call[Compute](ctx, c, http.MethodPatch, c.Path("computes", name), dryRun(), body)
}

func dryRun() url.Values { return url.Values{"dryRun": {"true"}} }

// SetPriority gives a job that waits for nodes another priority; higher goes first.
func (c *Client) SetPriority(ctx context.Context, job string, priority int) (*Job, error) {
	return call[Job](ctx, c, http.MethodPost, c.Path("jobs", job, "priority"), nil, map[string]int{"priority": priority})
}
