package auth

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// edge is who a token is for: each edge of the server takes its own only.
type edge string

const (
	nowhere   edge = ""
	edgeAPI   edge = "api"     // Resource Manager and the data plane of workspaces
	edgeBlobs edge = "storage" // the blobs of storage accounts
	edgeGraph edge = "graph"   // the directory, which is not served: clients read the token's claims
)

// blobHost is in the host names of storage accounts.
const blobHost = ".blob.core."

// edgeOf is the edge that a request is for.
func edgeOf(r *http.Request) edge {
	if strings.Contains(strings.ToLower(r.Host), blobHost) {
		return edgeBlobs
	}
	return edgeAPI
}

// foreign are what clients ask tokens for when nobody told them of another cloud.
// Atelier is who they reach with them, whatever the name.
var foreign = map[string]edge{
	"https://management.azure.com": edgeAPI, "https://management.core.windows.net": edgeAPI, "https://ml.azure.com": edgeAPI,
	"https://storage.azure.com":   edgeBlobs,
	"https://graph.microsoft.com": edgeGraph, "https://graph.windows.net": edgeGraph, "00000003-0000-0000-c000-000000000000": edgeGraph,
}

// edge returns who a token with the audience is for, or nowhere.
func (a *Auth) edge(audience string) edge {
	name := strings.ToLower(strings.TrimRight(audience, "/"))
	if e := foreign[name]; e != nowhere {
		return e
	}
	if slices.Contains(a.cfg.Endpoints, name) {
		return edgeAPI
	}
	u, err := url.Parse(name)
	switch {
	case err != nil || u.Scheme != "https" || u.Path != "" || u.RawQuery != "" || u.User != nil:
		return nowhere
	case strings.HasPrefix(u.Host, "ml.azure."): // azure-ai-ml cuts the data plane's name out of the portal's
		return edgeAPI
	case strings.Contains(u.Host, blobHost):
		return edgeBlobs
	}
	return nowhere
}

// scope is what a client should ask for to get in at an edge.
func (a *Auth) scope(at edge) string {
	if at == edgeBlobs {
		return "https://storage.azure.com/.default"
	}
	return a.cfg.Endpoints[0] + "/.default"
}

// audience returns the resource that a scope asks for, as it is spelled, and
// whether tokens are issued for it. The scopes of OpenID are asked for beside it, or
// alone: then the token is for the directory.
func (a *Auth) audience(scope string) (resource string, ok bool) {
	openid := false
	for _, s := range strings.Fields(scope) {
		switch s {
		case "openid", "offline_access", "profile", "email":
			openid = openid || s == "openid"
			continue
		}
		if resource != "" {
			return "", false
		}
		resource = strings.TrimSuffix(strings.TrimSuffix(s, "/.default"), "/user_impersonation")
		if !strings.Contains(s, "/") && strings.Contains(s, ".") { // User.Read and the like are the directory's
			resource = "https://graph.microsoft.com"
		}
	}
	if resource == "" && openid {
		resource = "https://graph.microsoft.com"
	}
	return resource, a.edge(resource) != nowhere
}
