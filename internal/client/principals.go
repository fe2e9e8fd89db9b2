package client

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
)

// Principal is somebody who has a role in the workspace. It is also what
// PutPrincipal sends, with Role.
type Principal struct {
	Resource
	Properties PrincipalProperties `json:"properties"`
}

// PrincipalProperties are what a principal is and may.
type PrincipalProperties struct {
	Kind         string   `json:"kind,omitempty"` // user, service, identity
	DisplayName  string   `json:"displayName,omitempty"`
	Role         string   `json:"role,omitempty"`        // to give
	Certificate  string   `json:"certificate,omitempty"` // PEM, of a new service
	ClientID     string   `json:"clientId,omitempty"`
	PrincipalID  string   `json:"principalId,omitempty"`
	TenantID     string   `json:"tenantId,omitempty"`
	Roles        []string `json:"roles,omitempty"`
	Inherited    []string `json:"inherited,omitempty"`
	ClientSecret string   `json:"clientSecret,omitempty"` // of a new service, once
}

// PutPrincipal gives somebody a role in the workspace, and makes them if they are
// new.
func (c *Client) PutPrincipal(ctx context.Context, name string, p PrincipalProperties) (*Principal, error) {
	return call[Principal](ctx, c, http.MethodPut, c.Path("principals", name), nil, map[string]any{"properties": p})
}

// Principals lists who has a role in the workspace.
func (c *Client) Principals(ctx context.Context) iter.Seq2[*Principal, error] {
	return pages[Principal](ctx, c, http.MethodGet, c.Path("principals"), nil)
}

// DeletePrincipal takes somebody's roles in the workspace.
func (c *Client) DeletePrincipal(ctx context.Context, name string) error {
	_, _, err := c.Raw(ctx, http.MethodDelete, c.Path("principals", name), nil, nil)
	return err
}

// SignInLink makes a link that signs a browser in as a user, once.
func (c *Client) SignInLink(ctx context.Context, user string) (string, error) {
	raw, _, err := c.Raw(ctx, http.MethodPost, c.Path("principals", user, "signInLink"), nil, nil)
	if err != nil {
		return "", err
	}
	var body struct{ Link string }
	if err := json.Unmarshal(raw, &body); err != nil {
		return "", fmt.Errorf("the server's answer is not what this client understands: %w", err)
	}
	return body.Link, nil
}

// AnswerDevice lets the device that shows the code sign in as the caller, or not.
func (c *Client) AnswerDevice(ctx context.Context, code string, yes bool) error {
	answer := "deny"
	if yes {
		answer = "approve"
	}
	_, _, err := c.Raw(ctx, http.MethodPost, "/providers/Microsoft.MachineLearningServices/deviceSignIns/"+code+"/"+answer, nil, nil)
	return err
}
