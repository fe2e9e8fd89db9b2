package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// LocalFile is what a running server leaves in its data directory for clients of
// the same user: run/cli.json.
type LocalFile struct {
	Endpoint string `json:"endpoint"`
	CA       string `json:"ca"`       // path of a PEM file
	Bundle   string `json:"caBundle"` // path of one with what the machine trusts as well, for SSL_CERT_FILE and its kin
	Token    string `json:"token"`
	PID      int    `json:"pid"`
}

// ReadLocal reads what the server of a data directory left.
func ReadLocal(dataDir string) (LocalFile, error) {
	var f LocalFile
	data, err := os.ReadFile(filepath.Join(dataDir, "run", "cli.json"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return f, &Unreachable{Message: fmt.Sprintf("no server runs on the data directory %s; start it with `atelier up`, or name its directory with --data-dir", dataDir), Err: err}
	case err != nil:
		return f, fmt.Errorf("read the address of the local server: %w", err)
	}
	if err := json.Unmarshal(data, &f); err != nil {
		return f, fmt.Errorf("read %s: %w", filepath.Join(dataDir, "run", "cli.json"), err)
	}
	return f, nil
}

// Credentials are those of the first service principal: credentials.json in a data
// directory.
type Credentials struct {
	Tenant   string `json:"tenantId"`
	ClientID string `json:"clientId"`
	Secret   string `json:"clientSecret"`
}

// ReadCredentials reads them. The error wraps fs.ErrNotExist if there are none.
func ReadCredentials(dataDir string) (Credentials, error) {
	var c Credentials
	path := filepath.Join(dataDir, "credentials.json")
	data, err := os.ReadFile(path)
	if err != nil {
		return c, fmt.Errorf("read the credentials: %w", err)
	}
	if err := json.Unmarshal(data, &c); err != nil {
		return c, fmt.Errorf("read %s: %w", path, err)
	}
	return c, nil
}

// Local is the configuration for the server that runs on a data directory. The
// token is read anew after the server has started again.
func Local(dataDir string) (Config, error) {
	f, err := ReadLocal(dataDir)
	if err != nil {
		return Config{}, err
	}
	ca, err := os.ReadFile(f.CA)
	if err != nil {
		return Config{}, fmt.Errorf("read the server's CA certificate: %w", err)
	}
	return Config{Endpoint: f.Endpoint, CA: ca, CAFile: f.CA, Token: func(context.Context) (string, error) {
		// A server that starts again makes a new token; read the file at each call,
		// so that what follows a log survives that.
		if now, err := ReadLocal(dataDir); err == nil {
			return now.Token, nil
		}
		return f.Token, nil
	}}, nil
}

// FromEnv is the configuration that `atelier env` prints: a service principal that
// signs in at the token endpoint, or ATELIER_TOKEN. Ok is false if ATELIER_ENDPOINT
// is not set.
func FromEnv(getenv func(string) string) (cfg Config, ok bool, err error) {
	cfg = Config{
		Endpoint:      getenv("ATELIER_ENDPOINT"),
		CAFile:        getenv("SSL_CERT_FILE"),
		Subscription:  getenv("AZURE_SUBSCRIPTION_ID"),
		ResourceGroup: getenv("AZURE_RESOURCE_GROUP"),
		Workspace:     getenv("AZUREML_WORKSPACE_NAME"),
	}
	if cfg.Endpoint == "" {
		return Config{}, false, nil
	}
	if cfg.CAFile != "" {
		if cfg.CA, err = os.ReadFile(cfg.CAFile); err != nil {
			return Config{}, false, fmt.Errorf("read SSL_CERT_FILE: %w", err)
		}
	}
	if token := getenv("ATELIER_TOKEN"); token != "" {
		cfg.Token = func(context.Context) (string, error) { return token, nil }
		return cfg, true, nil
	}
	s := ServicePrincipal{
		Authority: getenv("AZURE_AUTHORITY_HOST"), Tenant: getenv("AZURE_TENANT_ID"),
		ClientID: getenv("AZURE_CLIENT_ID"), Secret: getenv("AZURE_CLIENT_SECRET"),
	}
	if s.ClientID == "" || s.Secret == "" || s.Tenant == "" {
		return Config{}, false, errors.New("ATELIER_ENDPOINT is set, but neither ATELIER_TOKEN nor AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET are; `atelier env` prints all of them")
	}
	if s.Authority == "" {
		s.Authority = cfg.Endpoint
	}
	if cfg.Token, err = s.Tokens(cfg); err != nil {
		return Config{}, false, err
	}
	return cfg, true, nil
}

// ServicePrincipal signs in with a secret.
type ServicePrincipal struct {
	Authority string // https://host:port
	Tenant    string
	ClientID  string
	Secret    string
}

// renewBefore is how long before its end a token is replaced.
const renewBefore = 5 * time.Minute

// Tokens returns a source of tokens for cfg's server, each used as long as it lives.
func (s ServicePrincipal) Tokens(cfg Config) (func(context.Context) (string, error), error) {
	at := cfg
	at.Endpoint, at.Token = s.Authority, nil
	c, err := New(at)
	if err != nil {
		return nil, fmt.Errorf("AZURE_AUTHORITY_HOST: %w", err)
	}
	var mu sync.Mutex
	var token string
	var until time.Time
	return func(ctx context.Context) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		if token != "" && c.cfg.Now().Before(until) {
			return token, nil
		}
		asked := c.cfg.Now()
		fresh, life, err := s.ask(ctx, c, cfg.Endpoint)
		if err != nil {
			return "", err
		}
		token, until = fresh, asked.Add(life-min(renewBefore, life/2))
		return token, nil
	}, nil
}

func (s ServicePrincipal) ask(ctx context.Context, c *Client, audience string) (token string, life time.Duration, err error) {
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {s.ClientID}, "client_secret": {s.Secret},
		"scope": {strings.TrimRight(audience, "/") + "/.default"},
	}
	path := "/" + url.PathEscape(s.Tenant) + "/oauth2/v2.0/token"
	res, err := c.send(ctx, http.MethodPost, path, nil, strings.NewReader(form.Encode()), "application/x-www-form-urlencoded")
	if err != nil {
		return "", 0, fmt.Errorf("sign in as %s: %w", s.ClientID, err)
	}
	defer res.Body.Close()
	var answer struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int    `json:"expires_in"`
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, maxError)).Decode(&answer); err != nil || answer.AccessToken == "" {
		return "", 0, fmt.Errorf("sign in as %s: the answer holds no token", s.ClientID)
	}
	return answer.AccessToken, time.Duration(answer.ExpiresIn) * time.Second, nil
}
