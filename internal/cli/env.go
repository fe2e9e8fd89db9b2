package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/client"
)

// EnvVar is one variable of `atelier env`.
type EnvVar struct{ Name, Value string }

// Environ returns the variables that point Azure's own clients, and this one, at the
// server that runs on a data directory.
func Environ(dataDir string) ([]EnvVar, error) {
	local, err := client.ReadLocal(dataDir)
	if err != nil {
		return nil, err
	}
	creds, err := client.ReadCredentials(dataDir)
	if err != nil {
		return nil, err
	}
	at := strings.TrimRight(local.Endpoint, "/")
	bundle := firstOf(local.Bundle, local.CA)
	return []EnvVar{
		{"AZURE_AUTHORITY_HOST", at},
		{"AZURE_TENANT_ID", creds.Tenant},
		{"AZURE_CLIENT_ID", creds.ClientID},
		{"AZURE_CLIENT_SECRET", creds.Secret},
		{"AZURE_SUBSCRIPTION_ID", atelier.DefaultSubscription},
		{"AZURE_RESOURCE_GROUP", atelier.DefaultResourceGroup},
		{"AZUREML_WORKSPACE_NAME", atelier.DefaultWorkspace},
		{"ATELIER_ENDPOINT", at},
		{"ARM_CLOUD_METADATA_URL", at + "/metadata/endpoints?api-version=2022-09-01"},
		{"SSL_CERT_FILE", bundle},
		{"REQUESTS_CA_BUNDLE", bundle},
		{"NODE_EXTRA_CA_CERTS", local.CA},
	}, nil
}

// Hosts are the lines that /etc/hosts needs where no name server knows the host of
// the storage account, which Azure's clients call by its name.
func Hosts(vars []EnvVar) []string {
	address, account := "127.0.0.1", ""
	for _, v := range vars {
		switch v.Name {
		case "ATELIER_ENDPOINT":
			if u, err := url.Parse(v.Value); err == nil && net.ParseIP(u.Hostname()) != nil {
				address = u.Hostname()
			}
		case "AZURE_TENANT_ID":
			account = atelier.BlobAccount(v.Value)
		}
	}
	return []string{address + " " + account + atelier.BlobSuffix}
}

// WriteEnv writes variables as lines that a POSIX shell evaluates, and the lines of
// Hosts as comments.
func WriteEnv(w io.Writer, vars []EnvVar) error {
	var b strings.Builder
	b.WriteString("# Azure's clients also call the storage by its name. Without a name server, /etc/hosts needs:\n")
	for _, line := range Hosts(vars) {
		b.WriteString("#   " + line + "\n")
	}
	for _, v := range vars {
		b.WriteString("export " + v.Name + "='" + strings.ReplaceAll(v.Value, "'", `'\''`) + "'\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (a *App) envCommand() *cobra.Command {
	return &cobra.Command{
		Use: "env", Short: "Print the variables that point Azure's own clients here", Args: a.exactly(), ValidArgsFunction: nothing,
		Long:    "Print the variables that point Azure's SDKs and tools at the server on this machine.\nThey hold a secret: whoever has them may do all that the first service principal may.",
		Example: "  eval \"$(atelier env)\"\n  atelier env -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir := DataDir(a.dataDir, a.Env)
			vars, err := Environ(dir)
			if errors.Is(err, fs.ErrNotExist) && !isUnreachable(err) {
				err = atelier.Errorf(atelier.NotFound, "NoServer", "%s", a.say("server.creds", dir))
			}
			if err != nil {
				return a.fail(err, "cannot.env")
			}
			for i, v := range vars {
				for _, o := range [][2]string{{"AZURE_SUBSCRIPTION_ID", a.sub}, {"AZURE_RESOURCE_GROUP", a.group}, {"AZUREML_WORKSPACE_NAME", a.workspace}} {
					if v.Name == o[0] && o[1] != "" {
						vars[i].Value = o[1]
					}
				}
			}
			return a.printEnv(vars)
		},
	}
}

func isUnreachable(err error) bool {
	var gone *client.Unreachable
	return errors.As(err, &gone)
}

func (a *App) printEnv(vars []EnvVar) error {
	switch a.output {
	case "table", "wide", shellFormat:
		return WriteEnv(a.Stdout, vars)
	case "name":
		for _, v := range vars {
			fmt.Fprintln(a.Stdout, v.Name)
		}
		return nil
	case "csv":
		l := listing{columns: []column{{head: "NAME"}, {head: "VALUE"}}}
		for _, v := range vars {
			l.rows = append(l.rows, row{v.Name, []string{v.Name, v.Value}, nil})
		}
		return a.csv(l)
	}
	// Written by hand to keep the order.
	var b strings.Builder
	b.WriteByte('{')
	for i, v := range vars {
		if i > 0 {
			b.WriteByte(',')
		}
		name, _ := json.Marshal(v.Name)
		value, _ := json.Marshal(v.Value)
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	hosts, _ := json.Marshal(Hosts(vars))
	b.WriteString(`,"hosts":` + string(hosts) + "}")
	switch a.output {
	case "yaml":
		return a.yaml(json.RawMessage(b.String()))
	case "jsonl":
		return a.jsonLine(json.RawMessage(b.String()))
	}
	return a.json(json.RawMessage(b.String()))
}
