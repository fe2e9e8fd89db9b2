package azureml

import (
	"strings"
	"testing"
)

func TestWorkspacesThatTheCallerSees(t *testing.T) {
	w := newWorld(t)
	const sub, rg = "/subscriptions/" + subscription, "/subscriptions/" + subscription + "/resourceGroups/default"
	w.ann("GET", strings.ToLower(wsURL), "").want(200).wantAt("name", "Main").wantAt("sku.tier", "Basic").
		wantAt("properties.discoveryUrl", "http://example.com/discovery").wantAt("properties.provisioningState", "Succeeded").wantAt("properties.workspaceId", "uid-Main")
	w.ann("GET", sub+"/providers/Microsoft.MachineLearningServices/workspaces", "").want(200).wantAt("value.1.name", "Other")
	w.as("bob", "GET", rg+"/providers/Microsoft.MachineLearningServices/workspaces", "").want(200).wantAt("value.0.name", "Other").wantAt("value.1", nil)
	w.as("bob", "GET", "/subscriptions", "").want(200).wantAt("value.0.subscriptionId", subscription).wantAt("value.0.tenantId", "tenant-1").wantAt("value.1", nil)
	w.ann("GET", sub, "").want(200).wantAt("state", "Enabled")
	w.ann("GET", "/subscriptions/none", "").wantError(404, "SubscriptionNotFound", "")
	w.ann("GET", sub+"/resourcegroups", "").want(200).wantAt("value.0.name", "Default").wantAt("value.1", nil)
	w.ann("GET", rg, "").want(200).wantAt("name", "Default")
	w.ann("GET", sub+"/resourceGroups/none", "").wantError(404, "ResourceGroupNotFound", "")
	w.ann("GET", "/tenants", "").want(200).wantAt("value.0.tenantId", "tenant-1")
	w.ann("GET", sub+"/providers/microsoft.machinelearningservices", "").want(200).wantAt("registrationState", "Registered")
	w.ann("POST", sub+"/providers/microsoft.machinelearningservices/register", "").want(200)
	w.ann("GET", sub+"/providers", "").want(200).wantAt("value.0.registrationState", "Registered")
}

func TestEndpoints(t *testing.T) {
	w := newWorld(t)
	w.as("", "GET", "/metadata/endpoints?api-version=2022-09-01", "").want(200).wantAt("resourceManager", "http://example.com").
		wantAt("authentication.loginEndpoint", "http://example.com").wantAt("authentication.audiences.0", "http://example.com").wantAt("authentication.tenant", "tenant-1")
	w.as("", "GET", "/metadata/endpoints?api-version=2019-05-01", "").want(200).wantAt("0.name", "Atelier")
}

func TestLocations(t *testing.T) {
	w := newWorld(t)
	w.ann("GET", locURL+"/vmSizes", "").want(200).wantAt("value.0.supportedComputeTypes.0", "AmlCompute")
	w.ann("GET", strings.Replace(locURL, "local", "Lo%20cal", 1)+"/vmSizes", "").want(200)
	w.ann("GET", strings.Replace(locURL, "local", "eastus", 1)+"/vmSizes", "").wantError(404, "LocationNotFound", "")
	w.ann("GET", strings.Replace(locURL, subscription, "none", 1)+"/usages", "").wantError(404, "SubscriptionNotFound", "")
	w.ann("GET", locURL+"/quotas", "").want(200).wantAt("value.0.limit", -1)
	w.cluster("gpu")
	r := w.ann("GET", locURL+"/usages", "").want(200)
	found := false
	for _, u := range r.at("value").([]any) {
		u := u.(map[string]any)
		if u["currentValue"] == 8.0 && u["unit"] == "Count" { // at most 4 nodes of 2 vCPUs
			found = true
		}
	}
	if !found {
		t.Fatalf("usage: %s", r.body)
	}
	w.ann("GET", "/providers/Microsoft.MachineLearningServices/operations", "").want(200).wantAt("value.0.isDataAction", false)
}
