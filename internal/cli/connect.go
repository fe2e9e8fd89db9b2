package cli

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/atelier-compute/atelier/internal/client"
)

// DataDir is the data directory that a server and its clients on one machine share:
// what the flag says, else $ATELIER_DATA_DIR, else atelier in the user's data home.
func DataDir(flag string, env func(string) string) string {
	switch {
	case flag != "":
		return flag
	case env("ATELIER_DATA_DIR") != "":
		return env("ATELIER_DATA_DIR")
	case env("XDG_DATA_HOME") != "":
		return filepath.Join(env("XDG_DATA_HOME"), "atelier")
	case env("HOME") != "":
		return filepath.Join(env("HOME"), ".local", "share", "atelier")
	}
	return filepath.Join(os.TempDir(), "atelier")
}

// connect returns the client of the server that is meant: the one of --data-dir, else
// the one that `atelier env` has named in this shell, else the one on this machine.
func (a *App) connect() (*client.Client, error) {
	if a.api != nil {
		return a.api, nil
	}
	cfg, err := a.config()
	if err != nil {
		return nil, err
	}
	for _, o := range []struct {
		to        *string
		flag, env string
	}{
		{&cfg.Workspace, a.workspace, "AZUREML_WORKSPACE_NAME"},
		{&cfg.ResourceGroup, a.group, "AZURE_RESOURCE_GROUP"},
		{&cfg.Subscription, a.sub, "AZURE_SUBSCRIPTION_ID"},
	} {
		switch {
		case o.flag != "":
			*o.to = o.flag
		case *o.to == "":
			*o.to = a.Env(o.env)
		}
	}
	cfg.UserAgent = "atelier-cli/" + a.Version
	cfg.Sleep, cfg.Now = a.Sleep, nil
	if a.debug {
		cfg.Trace = a.trace
	}
	a.api, err = client.New(cfg)
	return a.api, err
}

func (a *App) config() (client.Config, error) {
	if a.dataDir == "" {
		if cfg, ok, err := client.FromEnv(a.Env); ok || err != nil {
			return cfg, err
		}
	}
	return client.Local(DataDir(a.dataDir, a.Env))
}

// trace prints one exchange for --debug.
func (a *App) trace(x client.Exchange) {
	result := fmt.Sprint(x.Status)
	if x.Err != nil {
		result = x.Err.Error()
	}
	line := fmt.Sprintf("> %s %s → %s in %s", x.Method, maskURL(x.URL), result, x.Took.Round(100*time.Microsecond))
	if x.RequestID != "" {
		line += " id " + x.RequestID
	}
	fmt.Fprintln(a.Stderr, plain(line))
}

// maskURL hides the values of parameters that let somebody in.
func maskURL(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return "(a URL that cannot be read)"
	}
	u.User = nil
	q := u.Query()
	for k := range q {
		switch strings.ToLower(k) {
		case "sig", "code", "token", "access_token", "client_secret", "password":
			q[k] = []string{"***"}
		}
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// fixed completes with the words there are.
func fixed(words ...string) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return words, cobra.ShellCompDirectiveNoFileComp
	}
}

// nothing completes with nothing, rather than with file names.
func nothing(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveNoFileComp
}
