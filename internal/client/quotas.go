package client

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"strings"
)

// Quota is how many vCPUs of a family the workspace may hold at a location.
type Quota struct {
	Resource
	Family struct {
		Value     string `json:"value"`
		Localized string `json:"localizedValue"`
	} `json:"name"`
	Limit int `json:"limit"` // -1 is none
}

// Quotas lists the limits of the workspace at a location, one for each family.
func (c *Client) Quotas(ctx context.Context, location string) iter.Seq2[*Quota, error] {
	mine := strings.ToLower(c.Path("quotas")) + "/"
	return func(yield func(*Quota, error) bool) {
		for q, err := range pages[Quota](ctx, c, http.MethodGet, c.LocationPath(location, "quotas"), nil) {
			if err == nil && !strings.HasPrefix(strings.ToLower(q.ID), mine) {
				continue // of another workspace
			}
			if !yield(q, err) {
				return
			}
		}
	}
}

type quotaSet struct {
	ID     string `json:"id"`
	Type   string `json:"type"`
	Limit  int    `json:"limit"`
	Unit   string `json:"unit"`
	Status string `json:"status,omitempty"`
}

type quotaSets struct {
	Kept
	Value []quotaSet `json:"value"`
}

// SetQuota sets how many vCPUs of a family the workspace may hold at a location; -1
// lifts the limit.
func (c *Client) SetQuota(ctx context.Context, location, family string, limit int) error {
	asked := quotaSet{ID: c.Path("quotas", family), Type: provider + "/workspaces/dedicatedCores/quotas", Limit: limit, Unit: "Count"}
	answer, err := call[quotaSets](ctx, c, http.MethodPost, c.LocationPath(location, "updateQuotas"), nil, quotaSets{Value: []quotaSet{asked}})
	if err != nil {
		return err
	}
	// The API answers 200 whatever became of each.
	status := "QuotaNotSet"
	if len(answer.Value) == 1 {
		status = answer.Value[0].Status
	}
	switch status {
	case "Success":
		return nil
	case "InvalidVMFamilyName":
		return &Error{Status: http.StatusNotFound, Code: status, Message: fmt.Sprintf("location %s has no size of family %q", location, family)}
	case "InvalidQuotaBelowClusterMinimum":
		return &Error{Status: http.StatusConflict, Code: status, Message: fmt.Sprintf("instances, and the nodes that clusters always keep, hold more than %d vCPUs of family %s; set a higher limit, lower a minNodeCount, or delete an instance", limit, family)}
	}
	return &Error{Status: http.StatusBadRequest, Code: status, Message: fmt.Sprintf("the server did not set the limit of family %s to %d", family, limit)}
}
