package client

import (
	"context"
	"net/http"
)

// ConnectionTarget is a machine, and who signs in there by SSH.
type ConnectionTarget struct {
	Address    string `json:"address"`
	Port       int    `json:"port,omitempty"`
	UserName   string `json:"userName"`
	Password   string `json:"password,omitempty"`
	PrivateKey string `json:"privateKey,omitempty"`
	Passphrase string `json:"passphrase,omitempty"`
	HostKey    string `json:"hostKey,omitempty"` // that its user trusts
}

// Connection is what a test of a machine found.
type Connection struct {
	Kept
	OK      bool `json:"ok"`
	HostKey *struct {
		Type        string `json:"type"`
		Fingerprint string `json:"fingerprint"`
	} `json:"hostKey"`
	Checks []ConnectionCheck `json:"checks"`
}

// ConnectionCheck is one thing that a test looked at.
type ConnectionCheck struct {
	Name         string            `json:"name"`
	Status       string            `json:"status"` // ok, failed, warning, skipped
	Code         string            `json:"code"`
	Params       map[string]string `json:"params"`
	Message      string            `json:"message"`
	Detail       string            `json:"detail"`
	Help         string            `json:"help"`
	Command      string            `json:"command"` // for a shell there
	Milliseconds int               `json:"milliseconds"`
}

// TestConnection lets the server look at the machine. It keeps nothing.
func (c *Client) TestConnection(ctx context.Context, t ConnectionTarget) (*Connection, error) {
	return call[Connection](ctx, c, http.MethodPost, c.Path("testConnection"), nil, t)
}
