package client

import (
	"context"
	"iter"
	"net/http"
	"net/url"
)

// Token is a personal token of the caller, or a device that is signed in as them.
type Token struct {
	Kept
	ID         string `json:"id"`
	Name       string `json:"name"`
	Kind       string `json:"kind"` // personal, device
	CreatedAt  string `json:"createdAt"`
	ExpiresAt  string `json:"expiresAt"`
	LastUsedAt string `json:"lastUsedAt,omitempty"`
	Token      string `json:"token,omitempty"` // of a new one, once
}

// Tokens lists the caller's tokens and devices.
func (c *Client) Tokens(ctx context.Context) iter.Seq2[*Token, error] {
	return pages[Token](ctx, c, http.MethodGet, "/me/tokens", nil)
}

// CreateToken makes a personal token for the caller, good for some days.
func (c *Client) CreateToken(ctx context.Context, name string, days int) (*Token, error) {
	return call[Token](ctx, c, http.MethodPost, "/me/tokens", nil, map[string]any{"name": name, "days": days})
}

// RevokeToken ends a token, or signs a device out.
func (c *Client) RevokeToken(ctx context.Context, id string) error {
	_, _, err := c.Raw(ctx, http.MethodDelete, "/me/tokens/"+url.PathEscape(id), nil, nil)
	return err
}

// SetPassword sets the password of a user of the workspace; user "" is the caller.
func (c *Client) SetPassword(ctx context.Context, user, password string) error {
	method, path := http.MethodPut, "/me/password"
	if user != "" {
		method, path = http.MethodPost, c.Path("principals", user, "password")
	}
	_, _, err := c.Raw(ctx, method, path, nil, map[string]string{"new": password})
	return err
}
