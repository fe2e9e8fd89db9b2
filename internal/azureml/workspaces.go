package azureml

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/store"
)

func (a *API) workspaceRoutes() []arm.Route {
	const act = rp + "workspaces/read"
	const subs, rgs = "Microsoft.Resources/subscriptions/read", "Microsoft.Resources/subscriptions/resourceGroups/read"
	const provs = "Microsoft.Resources/subscriptions/providers/read"
	return []arm.Route{
		route("GET", inWS, act, a.getWorkspace),
		route("GET", inRP+"/workspaces", act, a.listWorkspaces),
		route("GET", inRG+"/providers/Microsoft.MachineLearningServices/workspaces", act, a.listWorkspaces),
		route("GET", "/subscriptions", subs, a.listSubscriptions),
		route("GET", inSub, subs, a.getSubscription),
		route("GET", inSub+"/resourceGroups", rgs, a.listGroups),
		route("GET", inRG, rgs, a.getGroup),
		route("GET", "/tenants", "Microsoft.Resources/tenants/read", a.listTenants),
		route("GET", inSub+"/providers", provs, a.listProviders),
		route("GET", inRP, provs, a.getProvider),
		route("POST", inRP+"/register", rp+"register/action", a.getProvider), // it is always registered
		route("GET", "/providers/Microsoft.MachineLearningServices/operations", rp+"operations/read", a.listOperations),
		route("GET", "/metadata/endpoints", arm.Public, a.getEndpoints),
	}
}

func (a *API) getWorkspace(r *arm.Request) (int, any, error) {
	var out any
	err := a.read(r, func(_ *store.Tx, w *atelier.Workspace) error {
		out = a.workspaceOut(r, w)
		return nil
	})
	return ok, out, err
}

func (a *API) listWorkspaces(r *arm.Request) (int, any, error) {
	seen, err := a.seen(r.Context(), r, r.Param("subscription"))
	if err != nil {
		return 0, nil, err
	}
	list := arm.List[any]{Value: []any{}}
	for _, w := range seen {
		if g := r.Param("group"); g == "" || strings.EqualFold(g, w.ResourceGroup) {
			list.Value = append(list.Value, a.workspaceOut(r, w))
		}
	}
	if r.Param("group") != "" && len(list.Value) == 0 {
		return 0, nil, noGroup(r)
	}
	return ok, list, nil
}

// workspaceOut is a workspace with what clients read of it (wire A.4).
func (a *API) workspaceOut(r *arm.Request, w *atelier.Workspace) any {
	path := arm.WorkspacePath(w.Subscription, w.ResourceGroup, w.Name)
	props := map[string]any{
		"friendlyName": w.Name, "description": "", "storageAccount": a.accountID(w), "keyVault": nil, "applicationInsights": nil, "containerRegistry": nil,
		"hbiWorkspace": false, "imageBuildCompute": nil, "v1LegacyMode": false, "publicNetworkAccess": "Enabled", "ipAllowlist": []string{},
		"managedNetwork":            map[string]any{"isolationMode": "Disabled", "changeableIsolationModes": []string{}},
		"serverlessComputeSettings": nil, "enableDataIsolation": false, "systemDatastoresAuthMode": "accesskey", "primaryUserAssignedIdentity": nil,
	}
	for name, v := range w.Properties {
		props[name] = v
	}
	for name, v := range map[string]any{
		"tenantId": a.Tenant, "provisioningState": "Succeeded", "softDeleteEnabled": false, "creationTime": utc(w.CreatedAt), "storageHnsEnabled": false,
		"workspaceId": w.UID, "privateLinkCount": 0, "privateEndpointConnections": []any{}, "notebookInfo": nil, "discoveryUrl": r.Base() + "/discovery",
		"mlFlowTrackingUri": "azureml://" + r.Host + "/mlflow/v1.0" + path, "sdkTelemetryAppInsightsKey": nil, "sasGetterUri": "",
		"enableServiceSideCMKEncryption": false, "workspaceHubConfig": nil, "associatedWorkspaces": []string{},
	} {
		props[name] = v
	}
	return map[string]any{
		"id": path, "name": w.Name, "type": rp + "workspaces", "location": w.Location, "tags": nonNil(w.Tags), "etag": nil,
		"kind": "Default", "sku": rawOr(w.Envelope["sku"], map[string]string{"name": "Basic", "tier": "Basic"}),
		"identity": a.workspaceIdentity(w), "systemData": systemDataOf(&w.Meta), "properties": props,
	}
}

// workspaceIdentity shows the identity that the workspace has, and those that its
// user gave it.
func (a *API) workspaceIdentity(w *atelier.Workspace) any {
	m := map[string]any{}
	if raw := w.Envelope["identity"]; !has(raw) || json.Unmarshal(raw, &m) != nil {
		m = map[string]any{"type": "SystemAssigned"}
	}
	m["principalId"], m["tenantId"] = w.UID, a.Tenant
	return m
}

func (a *API) subscriptionOut(id string) any {
	return map[string]any{
		"id": "/subscriptions/" + id, "subscriptionId": id, "tenantId": a.Tenant, "displayName": "Atelier", "state": "Enabled",
		"subscriptionPolicies": map[string]string{}, "authorizationSource": "RoleBased",
	}
}

func (a *API) listSubscriptions(r *arm.Request) (int, any, error) {
	seen, err := a.seen(r.Context(), r, "")
	list := arm.List[any]{Value: []any{}}
	for _, id := range distinct(seen, func(w *atelier.Workspace) string { return w.Subscription }) {
		list.Value = append(list.Value, a.subscriptionOut(id))
	}
	return ok, list, err
}

func (a *API) getSubscription(r *arm.Request) (int, any, error) {
	seen, err := a.seen(r.Context(), r, r.Param("subscription"))
	if err != nil {
		return 0, nil, err
	}
	return ok, a.subscriptionOut(seen[0].Subscription), nil
}

func groupOut(w *atelier.Workspace) any {
	return map[string]any{
		"id": "/subscriptions/" + w.Subscription + "/resourceGroups/" + w.ResourceGroup, "name": w.ResourceGroup,
		"type": "Microsoft.Resources/resourceGroups", "location": w.Location, "tags": map[string]string{},
		"properties": map[string]string{"provisioningState": "Succeeded"},
	}
}

func noGroup(r *arm.Request) error {
	return atelier.Errorf(atelier.NotFound, "ResourceGroupNotFound", "Resource group '%s' could not be found.", r.Param("group"))
}

func (a *API) listGroups(r *arm.Request) (int, any, error) {
	seen, err := a.seen(r.Context(), r, r.Param("subscription"))
	list := arm.List[any]{Value: []any{}}
	done := map[string]bool{}
	for _, w := range seen {
		if key := strings.ToLower(w.ResourceGroup); !done[key] {
			done[key] = true
			list.Value = append(list.Value, groupOut(w))
		}
	}
	return ok, list, err
}

func (a *API) getGroup(r *arm.Request) (int, any, error) {
	seen, err := a.seen(r.Context(), r, r.Param("subscription"))
	if err != nil {
		return 0, nil, err
	}
	for _, w := range seen {
		if strings.EqualFold(w.ResourceGroup, r.Param("group")) {
			return ok, groupOut(w), nil
		}
	}
	return 0, nil, noGroup(r)
}

func (a *API) listTenants(*arm.Request) (int, any, error) {
	return ok, arm.List[any]{Value: []any{map[string]string{
		"id": "/tenants/" + a.Tenant, "tenantId": a.Tenant, "displayName": "Atelier", "tenantCategory": "Home",
	}}}, nil
}

func providerOut(subscription string) any {
	return map[string]any{
		"id":        "/subscriptions/" + subscription + "/providers/Microsoft.MachineLearningServices",
		"namespace": "Microsoft.MachineLearningServices", "registrationState": "Registered", "resourceTypes": []string{},
	}
}

func (a *API) listProviders(r *arm.Request) (int, any, error) {
	seen, err := a.seen(r.Context(), r, r.Param("subscription"))
	if err != nil {
		return 0, nil, err
	}
	return ok, arm.List[any]{Value: []any{providerOut(seen[0].Subscription)}}, nil
}

func (a *API) getProvider(r *arm.Request) (int, any, error) {
	seen, err := a.seen(r.Context(), r, r.Param("subscription"))
	if err != nil {
		return 0, nil, err
	}
	return ok, providerOut(seen[0].Subscription), nil
}

// distinct are the values of the workspaces, without regard to case, in order.
func distinct(list []*atelier.Workspace, value func(*atelier.Workspace) string) []string {
	byFold := map[string]string{}
	for _, w := range list {
		v := value(w)
		key := strings.ToLower(v)
		byFold[key] = cmp.Or(byFold[key], v)
	}
	var out []string
	for _, key := range sorted(byFold) {
		out = append(out, byFold[key])
	}
	return slices.Clip(out)
}

// portal is an address that nobody visits: one client makes the audience of its
// tokens out of it, https://ml.azure.internal (wire B.3).
const portal = "https://portal.atelier.internal"

// getEndpoints tells clients where everything is (wire B.2): one object, or for
// versions up to 2019 a list of one.
func (a *API) getEndpoints(r *arm.Request) (int, any, error) {
	base, tenant := r.Base(), cmp.Or(a.Tenant, "common")
	_, storage, _ := strings.Cut(a.BlobHost, ".blob.") // clients put account and service before it
	suffixes := map[string]any{"storage": storage, "keyVaultDns": "vault." + r.Host, "acrLoginServer": "azurecr." + r.Host, "sqlServerHostname": "database." + r.Host}
	for _, name := range []string{
		"azureDataLakeStoreFileSystem", "azureDataLakeAnalyticsCatalogAndJob", "azureFrontDoorEndpointSuffix", "storageSyncEndpointSuffix", "mhsmDns",
		"mysqlServerEndpoint", "postgresqlServerEndpoint", "mariadbServerEndpoint", "synapseAnalytics", "attestationEndpoint",
	} {
		suffixes[name] = nil
	}
	out := map[string]any{
		"name": "Atelier", "portal": portal, "resourceManager": base, "suffixes": suffixes,
		"graph": base, "graphAudience": base, "microsoftGraphResourceId": base,
		"authentication": map[string]any{"loginEndpoint": base, "audiences": []string{base}, "tenant": tenant, "identityProvider": "AAD"},
	}
	for _, name := range []string{
		"media", "batch", "gallery", "sqlManagement", "activeDirectoryDataLake", "vmImageAliasDoc", "logAnalyticsResourceId", "appInsightsResourceId",
		"appInsightsTelemetryChannelResourceId", "attestationResourceId", "synapseAnalyticsResourceId", "ossrDbmsResourceId",
	} {
		out[name] = nil
	}
	if v := r.Query("api-version"); v >= "2015-02-01" && v < "2020" {
		return ok, []any{out}, nil
	}
	return ok, out, nil
}
