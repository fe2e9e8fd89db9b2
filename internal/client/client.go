// Package client is the Go client of Atelier's API. It speaks what any client
// speaks, HTTPS and JSON, and keeps the bytes of every object beside the decoded
// fields, so that what a user sees as JSON is what the server said.
//
// A Client is safe for concurrent use. Errors that the server answered are *Error,
// those of a server that does not answer are *Unreachable.
package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// APIVersion is the api-version that the client asks for.
const APIVersion = "2026-11-01-atelier"

// Config says where the server is, who calls, and which workspace is meant.
type Config struct {
	Endpoint      string                                    // https://host:port
	CA            []byte                                    // PEM; nil trusts what the system trusts
	CAFile        string                                    // where CA was read from, for those who hand it on
	Token         func(ctx context.Context) (string, error) // nil calls without one
	Subscription  string                                    // defaults are those of a new installation
	ResourceGroup string
	Workspace     string
	UserAgent     string

	// Sleep waits; nil is a timer. Trace, if set, is told of every exchange.
	Sleep func(ctx context.Context, d time.Duration) error
	Trace func(t Exchange)
	Now   func() time.Time // nil is the clock; for Trace and token life
}

// Exchange is one request and its answer, for Trace. Secrets are left out.
type Exchange struct {
	Method    string
	URL       string
	Status    int // 0 if there was no answer
	RequestID string
	Took      time.Duration
	Err       error
}

// Client calls one server. Make it with New.
type Client struct {
	cfg  Config
	base *url.URL
	http *http.Client
}

// New checks the configuration. It does not call the server.
func New(cfg Config) (*Client, error) {
	base, err := url.Parse(strings.TrimRight(cfg.Endpoint, "/"))
	if err != nil || base.Host == "" || base.Scheme != "https" && base.Scheme != "http" {
		return nil, fmt.Errorf("endpoint %q is not a URL such as https://127.0.0.1:8443", cfg.Endpoint)
	}
	tlsConfig := &tls.Config{MinVersion: tls.VersionTLS12}
	if cfg.CA != nil {
		tlsConfig.RootCAs = x509.NewCertPool()
		if !tlsConfig.RootCAs.AppendCertsFromPEM(cfg.CA) {
			return nil, fmt.Errorf("the CA file %s holds no certificate in PEM form", cfg.CAFile)
		}
	}
	cfg.defaults()
	return &Client{cfg: cfg, base: base, http: &http.Client{
		Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
			TLSClientConfig:       tlsConfig,
			TLSHandshakeTimeout:   10 * time.Second,
			ExpectContinueTimeout: time.Second,
			MaxIdleConnsPerHost:   64,
			IdleConnTimeout:       30 * time.Second,
		},
		// A redirect would carry the token elsewhere, and the server sends none.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

func (c *Config) defaults() {
	or := func(s *string, def string) {
		if *s == "" {
			*s = def
		}
	}
	or(&c.Subscription, "00000000-0000-0000-0000-000000000000")
	or(&c.ResourceGroup, "default")
	or(&c.Workspace, "default")
	or(&c.UserAgent, "atelier")
	if c.Sleep == nil {
		c.Sleep = sleep
	}
	if c.Now == nil {
		c.Now = time.Now
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Config returns the configuration with its defaults filled in.
func (c *Client) Config() Config { return c.cfg }

// Close gives idle connections back.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Path returns the path of something in the workspace; parts are escaped.
func (c *Client) Path(parts ...string) string {
	p := c.subscription() + "/resourceGroups/" + url.PathEscape(c.cfg.ResourceGroup) +
		"/providers/" + provider + "/workspaces/" + url.PathEscape(c.cfg.Workspace)
	return join(p, parts)
}

// LocationPath returns the path of something of a location.
func (c *Client) LocationPath(location string, parts ...string) string {
	return join(c.subscription()+"/providers/"+provider+"/locations/"+url.PathEscape(location), parts)
}

const provider = "Microsoft.MachineLearningServices"

func (c *Client) subscription() string {
	return "/subscriptions/" + url.PathEscape(c.cfg.Subscription)
}

func join(base string, parts []string) string {
	for _, p := range parts {
		base += "/" + url.PathEscape(p)
	}
	return base
}

// Raw calls any path (or absolute URL of this server) and returns the answer's
// body and header. Body is JSON to send: bytes as they are, anything else encoded.
func (c *Client) Raw(ctx context.Context, method, path string, query url.Values, body any) (json.RawMessage, http.Header, error) {
	a, err := c.exchange(ctx, method, path, query, body)
	return a.body, a.header, err
}

// answer is what came back, read to its end.
type answer struct {
	status int
	header http.Header
	body   json.RawMessage
}

func (c *Client) exchange(ctx context.Context, method, path string, query url.Values, body any) (answer, error) {
	data, err := encode(body)
	if err != nil {
		return answer{}, err
	}
	for try := 0; ; try++ {
		a, err := c.once(ctx, method, path, query, data)
		wait, again := retry(err, a.header, method, try)
		if !again {
			return a, err
		}
		if err := c.cfg.Sleep(ctx, wait); err != nil {
			return answer{}, err
		}
	}
}

func (c *Client) once(ctx context.Context, method, path string, query url.Values, data []byte) (a answer, err error) {
	var body io.Reader
	if data != nil {
		body = bytes.NewReader(data)
	}
	res, err := c.send(ctx, method, path, query, body, "application/json")
	if res != nil {
		a.status, a.header = res.StatusCode, res.Header
	}
	if err != nil {
		return a, err
	}
	defer res.Body.Close()
	if a.body, err = io.ReadAll(res.Body); err != nil {
		return a, c.unreachable(err)
	}
	return a, nil
}

// tries bounds how often a call that the server was too busy for is made.
const tries = 4

// retry reports whether a call is worth repeating, and after what time. Only what
// the server asks to repeat is repeated, and only what may safely be.
func retry(err error, h http.Header, method string, try int) (time.Duration, bool) {
	e, ok := err.(*Error) //nolint:errorlint // made by send, never wrapped
	if !ok || try+1 >= tries || method == http.MethodPost {
		return 0, false
	}
	if e.Status != http.StatusTooManyRequests && e.Status != http.StatusServiceUnavailable {
		return 0, false
	}
	return retryAfter(h, time.Second<<try), true
}

// retryAfter reads how long the server asks to wait.
func retryAfter(h http.Header, otherwise time.Duration) time.Duration {
	if n, err := strconv.Atoi(h.Get("Retry-After")); err == nil && n >= 0 {
		return min(time.Duration(n)*time.Second, time.Minute)
	}
	return otherwise
}

func encode(body any) ([]byte, error) {
	switch b := body.(type) {
	case nil:
		return nil, nil
	case []byte:
		return b, nil
	case json.RawMessage:
		return b, nil
	}
	data, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	return data, nil
}

// send makes one call. A status of 400 and above is an *Error, with the response
// beside it for its header; otherwise the caller closes the body.
func (c *Client) send(ctx context.Context, method, path string, query url.Values, body io.Reader, contentType string) (*http.Response, error) {
	u, err := c.url(path, query)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	req.Header.Set("User-Agent", c.cfg.UserAgent)
	if body != nil {
		req.Header.Set("Content-Type", contentType)
	}
	if c.cfg.Token == nil {
		return c.do(req)
	}
	token, err := c.cfg.Token(ctx)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := c.do(req)
	if res == nil || res.StatusCode != http.StatusUnauthorized {
		return res, err
	}
	// A server that starts makes its command line a new token; a call that came
	// meanwhile has the one of before.
	fresh, tokenErr := c.cfg.Token(ctx)
	if tokenErr != nil || fresh == token || !rewind(req) {
		return res, err
	}
	req.Header.Set("Authorization", "Bearer "+fresh)
	return c.do(req)
}

// rewind makes a request ready to be sent once more, if its body is still there.
func rewind(req *http.Request) bool {
	if req.Body == nil {
		return true
	}
	if req.GetBody == nil {
		return false
	}
	body, err := req.GetBody()
	req.Body = body
	return err == nil
}

// do makes one exchange.
func (c *Client) do(req *http.Request) (*http.Response, error) {
	start := c.cfg.Now()
	res, err := c.http.Do(req)
	x := Exchange{Method: req.Method, URL: req.URL.String(), Took: c.cfg.Now().Sub(start)}
	if err != nil {
		x.Err = err
		c.trace(x)
		return nil, c.unreachable(err)
	}
	x.Status, x.RequestID = res.StatusCode, res.Header.Get("x-ms-request-id")
	c.trace(x)
	if res.StatusCode < 300 {
		return res, nil
	}
	defer res.Body.Close()
	return res, readError(res)
}

func (c *Client) trace(x Exchange) {
	if c.cfg.Trace != nil {
		c.cfg.Trace(x)
	}
}

// url resolves a path, or checks that an absolute URL from an answer is of this
// server: the token must not go anywhere else.
func (c *Client) url(path string, query url.Values) (*url.URL, error) {
	u, err := url.Parse(path)
	if err != nil {
		return nil, fmt.Errorf("parse %q: %w", path, err)
	}
	if u.IsAbs() || u.Host != "" {
		if u.Scheme != c.base.Scheme || u.Host != c.base.Host {
			return nil, fmt.Errorf("the server points to %s, which is not itself (%s); start the client with the address that the server is known by", u.Host, c.base.Host)
		}
	} else {
		u.Scheme, u.Host = c.base.Scheme, c.base.Host
		u = prefixed(u, c.base.EscapedPath())
	}
	q := u.Query()
	for _, k := range slices.Sorted(keys(query)) {
		q[k] = query[k]
	}
	if !q.Has("api-version") {
		q.Set("api-version", APIVersion)
	}
	u.RawQuery = q.Encode()
	return u, nil
}

func prefixed(u *url.URL, prefix string) *url.URL {
	if prefix == "" {
		return u
	}
	escaped := prefix + u.EscapedPath()
	if p, err := url.PathUnescape(escaped); err == nil {
		u.Path, u.RawPath = p, escaped
	}
	return u
}

func keys(v url.Values) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range v {
			if !yield(k) {
				return
			}
		}
	}
}
