package azureml

import (
	"maps"
	"strings"
	"sync"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/auth"
)

// openAPI serves the description of everything that is served. It is made at the
// first call, out of the routes.
func (a *API) openAPI() arm.Route {
	doc := sync.OnceValue(a.Describe)
	return arm.Route{
		Method: "GET", Pattern: "/openapi.json", Action: arm.Public, Doc: "describes all operations in OpenAPI 3",
		Handler: func(*arm.Request) (int, any, error) { return ok, doc(), nil },
	}
}

// Describe is the OpenAPI document, with what the issuer of tokens serves.
func (a *API) Describe() map[string]any {
	known := shapes()
	maps.Copy(known, issuerShapes())
	routes := append(a.Routes(), browserRoutes()...)
	for _, rt := range (*auth.Auth)(nil).Routes() {
		routes = append(routes, arm.Route{Method: rt.Method, Pattern: rt.Pattern, Action: arm.Public, Doc: rt.Doc})
	}
	return arm.Describe("Atelier", arm.OwnVersion, routes, func(rt *arm.Route) arm.Shape {
		if s, listed := known[rt.Method+" "+short(rt.Pattern)]; listed {
			return s
		}
		return usual(rt)
	}, parts()...)
}

// parts are shapes of what is inside: of a compute's inner properties by its kind, of
// a command job, and of what replies have in place.
func parts() []any {
	return []any{amlComputeOut{}, computeInstanceOut{}, jobOut{}, previewOut{}, nodeOut{}, atelier.Event{}, atelier.Reason{}, atelier.Problem{}}
}

func short(pattern string) string {
	return strings.NewReplacer(inWS, "{ws}", inLoc, "{loc}", inRP, "{rp}", inRG, "{rg}", inSub, "{sub}").Replace(pattern)
}

// usual is the shape of an operation that is like all of its kind: stored documents
// and what is done with them.
func usual(rt *arm.Route) arm.Shape {
	isOne := strings.HasSuffix(rt.Pattern, "}")
	switch {
	case rt.Method == "GET" && !isOne:
		return arm.Shape{Reply: list(having("id name type")), Query: paging}
	case rt.Method == "GET":
		return arm.Shape{Reply: having("id name type")}
	case rt.Method == "PUT":
		return arm.Shape{Body: anything, Reply: having("id name type"), Statuses: []int{200, 201, 202}}
	case rt.Method == "PATCH":
		return arm.Shape{Body: anything, Reply: having("id name type"), Statuses: []int{200, 202}}
	case rt.Method == "POST":
		return arm.Shape{Body: anything, Reply: arm.Schema{"nullable": true}, Statuses: []int{200, 202}}
	}
	return arm.Shape{}
}

var (
	anything = arm.Schema{"type": "object"}
	paging   = []string{"$skip", "$top"}
)

// having is an object that has these members. A word is a name and a type: "id" is
// a string, "n:integer", "x:" anything and perhaps null, "x:string?" perhaps null.
func having(words string) arm.Schema {
	all, names := arm.Schema{}, []string{}
	for word := range strings.FieldsSeq(words) {
		name, kind, given := strings.Cut(word, ":")
		kind, orNull := strings.CutSuffix(kind, "?")
		s := arm.Schema{}
		switch {
		case !given:
			kind = "string"
		case kind == "":
			orNull = true
		case kind == "array":
			s["items"] = arm.Schema{"nullable": true}
		}
		if kind != "" {
			s["type"] = kind
		}
		if orNull {
			s["nullable"] = true
		}
		all[name] = s
		names = append(names, name)
	}
	return arm.Schema{"type": "object", "properties": all, "required": names}
}

// putting puts a schema in the place of a member.
func putting(s arm.Schema, name string, member any) arm.Schema {
	s = maps.Clone(s)
	all := maps.Clone(s["properties"].(arm.Schema))
	all[name] = member
	s["properties"] = all
	return s
}

func list(item any) arm.Schema {
	s := putting(having("value:array"), "value", arm.Schema{"type": "array", "items": item})
	return putting(s, "nextLink", arm.Schema{"type": "string", "nullable": true})
}

// shapes are what the operations take and answer, by method and short pattern.
func shapes() map[string]arm.Shape {
	m := map[string]arm.Shape{}
	for _, part := range []map[string]arm.Shape{computeShapes(), jobShapes(), locationShapes(), workspaceShapes(), historyShapes(), pendingShapes(), datastoreShapes(), meShapes(), principalShapes()} {
		maps.Copy(m, part)
	}
	for _, kind := range []string{"codes", "environments", "data"} {
		one := "{ws}/" + kind + "/{name}"
		m["GET {ws}/"+kind] = arm.Shape{Reply: arm.List[containerOut]{}, Query: []string{"$skip", "$top", "listViewType"}}
		m["GET "+one] = arm.Shape{Reply: containerOut{}}
		m["GET "+one+"/versions"] = arm.Shape{Reply: arm.List[assetOut]{}, Query: []string{"$skip", "$top", "$orderBy", "listViewType", "hash", "hashVersion"}}
		m["GET "+one+"/versions/{version}"] = arm.Shape{Reply: assetOut{}}
		m["PUT "+one+"/versions/{version}"] = arm.Shape{Body: assetIn{}, Reply: assetOut{}}
		if kind == "environments" {
			continue
		}
		if kind == "codes" {
			m["GET "+one+"/versions/{version}/files"] = arm.Shape{Reply: arm.List[fileOut]{}, Query: paging}
			m["GET "+one+"/versions/{version}/files/{path...}"] = arm.Shape{Media: "application/octet-stream"}
		}
		m["POST "+one+"/versions/{version}/upload"] = arm.Shape{Reply: assetOut{}, Statuses: []int{200, 201}, Query: []string{"type"}}
	}
	return m
}

func computeShapes() map[string]arm.Shape {
	const one = "{ws}/computes/{compute}"
	done, underway := arm.Shape{Body: anything, Statuses: []int{200}}, arm.Shape{Statuses: []int{200, 202}}
	m := map[string]arm.Shape{
		"GET {ws}/access":        {Reply: accessOut{}},
		"GET {ws}/locations":     {Reply: arm.List[locationOut]{}},
		"GET {ws}/sizes":         {Reply: arm.List[offerOut]{}, Query: []string{"location", "priority"}},
		"GET {ws}/computes":      {Reply: arm.List[computeOut]{}, Query: paging},
		"GET " + one:             {Reply: computeOut{}},
		"PUT " + one:             {Body: computeIn{}, Reply: computeOut{}, Headers: []string{"If-None-Match"}},
		"PATCH " + one:           {Body: computeIn{}, Reply: computeOut{}, Statuses: []int{200}},
		"DELETE " + one:          {Query: []string{"underlyingResourceAction"}},
		"GET " + one + "/why":    {Reply: whyOut{}},
		"GET " + one + "/series": {Reply: seriesOut{}, Query: []string{"from", "to", "points"}},

		"POST {ws}/testConnection":              {Body: connectionIn{}, Reply: connectionOut{}, Statuses: []int{200}},
		"POST " + one + "/nodes/{node}/drain":   {Reply: nodeOut{}, Statuses: []int{200}},
		"POST " + one + "/nodes/{node}/preempt": {Reply: nodeOut{}, Statuses: []int{200}},

		"POST " + one + "/resize": {Body: having("targetVMSize"), Statuses: []int{200, 202}},

		"POST " + one + "/listKeys":                   {Reply: having("computeType")},
		"POST " + one + "/getAllowedVmSizesForResize": {Reply: list(sizeSchema)},
		"POST {ws}/checkComputeNameAvailability":      {Body: having("name"), Reply: anything},

		"POST " + one + "/start": underway, "POST " + one + "/stop": underway, "POST " + one + "/restart": underway,
		"POST " + one + "/updateIdleShutdownSetting": done, "POST " + one + "/enableSso": done,
	}
	for _, action := range []string{"/customServices", "/updateDataMounts"} {
		m["POST "+one+action] = arm.Shape{Body: arm.Schema{"type": "array", "items": anything}, Statuses: []int{200}}
	}
	for _, method := range []string{"GET ", "POST "} {
		m[method+one+"/listNodes"] = arm.Shape{Reply: nodeList{}, Query: paging}
	}
	return m
}

var sizeSchema = having("name family vCPUs:integer gpus:integer memoryGB:number maxResourceVolumeMB:integer lowPriorityCapable:boolean supportedComputeTypes:array")

func jobShapes() map[string]arm.Shape {
	const one = "{ws}/jobs/{job}"
	text := []string{"attempt", "rank", "offset", "follow"}
	return map[string]arm.Shape{
		"GET {ws}/jobs":                     {Reply: list(having("id name type properties:object")), Query: []string{"$skip", "$top", "jobType", "tag", "listViewType", "properties", "scheduled", "scheduleId", "compute", "status", "experimentName", "createdBy", "search"}},
		"GET " + one:                        {Reply: jobSchema},
		"PUT " + one:                        {Body: jobIn{}, Reply: jobSchema},
		"POST " + one + "/cancel":           {Statuses: []int{200, 202}},
		"POST " + one + "/priority":         {Body: priorityIn{}, Reply: jobSchema},
		"GET " + one + "/why":               {Reply: whyOut{}},
		"GET " + one + "/logs":              {Reply: arm.List[logOut]{}},
		"GET " + one + "/logs/{path...}":    {Media: "text/plain", Query: text},
		"GET " + one + "/output":            {Media: "text/plain", Query: []string{"offset", "follow"}},
		"GET " + one + "/outputs":           {Reply: arm.List[fileOut]{}, Query: paging},
		"GET " + one + "/outputs/{path...}": {Media: "application/octet-stream"},
		"POST {ws}/submitJobs":              {Body: batchIn{}, Reply: having("value:array"), Statuses: []int{200, 201}},
		"GET {ws}/events": {
			Reply: arm.List[atelier.Event]{}, Also: "text/event-stream", Headers: []string{"Last-Event-ID"},
			Query: []string{"after", "before", "target", "actor", "reason", "verb", "follow", "$skip", "$top"},
		},
	}
}

// jobSchema is what jobs of all types have; a command's are in Job.
var jobSchema = putting(having("id name type"), "properties", having("jobType displayName: experimentName: status isArchived:boolean tags:object? properties:object? services:object?"))

func locationShapes() map[string]arm.Shape {
	quota := having("id type unit limit:integer")
	return map[string]arm.Shape{
		"GET {loc}/vmSizes":       {Reply: putting(having("value:array"), "value", arm.Schema{"type": "array", "items": sizeSchema})},
		"GET {loc}/usages":        {Reply: arm.List[usageOut]{}, Query: paging},
		"GET {loc}/quotas":        {Reply: arm.List[quotaOut]{}, Query: paging},
		"POST {loc}/updateQuotas": {Body: list(quota), Reply: list(having("id status limit:integer?"))},

		"GET {loc}/computeOperationsStatus/{operation}":               {Reply: operationOut{}},
		"GET {loc}/mfeOperationsStatus/{operation}":                   {Reply: operationOut{}},
		"GET {loc}/workspaceOperationsStatus/{operation}":             {Reply: operationOut{}},
		"GET {loc}/mfeOperationResults/{operation}":                   {Reply: arm.Schema{"nullable": true}, Statuses: []int{200, 202, 204}},
		"GET /providers/Microsoft.MachineLearningServices/operations": {Reply: arm.List[operationDoc]{}},
	}
}

func workspaceShapes() map[string]arm.Shape {
	one := putting(having("id name type location tags:object sku:object systemData:object"), "properties",
		having("provisioningState workspaceId discoveryUrl mlFlowTrackingUri tenantId friendlyName:string? storageAccount:string? keyVault:string?"))
	sub := having("id subscriptionId tenantId displayName state")
	group := having("id name type location properties:object")
	provider := having("id namespace registrationState resourceTypes:array")
	clouds := putting(having("name portal resourceManager microsoftGraphResourceId suffixes:object"), "authentication", having("loginEndpoint audiences:array tenant"))
	return map[string]arm.Shape{
		"GET {ws}":            {Reply: one},
		"GET {rp}/workspaces": {Reply: list(one), Query: paging},
		"GET {rg}/providers/Microsoft.MachineLearningServices/workspaces": {Reply: list(one), Query: paging},
		"GET /subscriptions":       {Reply: list(sub)},
		"GET {sub}":                {Reply: sub},
		"GET {sub}/resourceGroups": {Reply: list(group)},
		"GET {rg}":                 {Reply: group},
		"GET /tenants":             {Reply: list(having("id tenantId"))},
		"GET {sub}/providers":      {Reply: list(provider)},
		"GET {rp}":                 {Reply: provider},
		"POST {rp}/register":       {Reply: provider},
		"GET /metadata/endpoints":  {Reply: arm.Schema{"oneOf": []any{clouds, arm.Schema{"type": "array", "items": clouds}}}},
		"GET /openapi.json":        {Reply: having("openapi info:object paths:object")},
	}
}

func issuerShapes() map[string]arm.Shape {
	wrong := having("error error_description error_codes:array timestamp trace_id correlation_id")
	openid := having("issuer authorization_endpoint token_endpoint device_authorization_endpoint jwks_uri response_types_supported:array subject_types_supported:array id_token_signing_alg_values_supported:array")
	form := arm.Schema{"type": "object", "additionalProperties": arm.Schema{"type": "string"}}
	return map[string]arm.Shape{
		"GET /{tenant}/v2.0/.well-known/openid-configuration": {Reply: openid, Error: wrong},
		"GET /{tenant}/.well-known/openid-configuration":      {Reply: openid, Error: wrong},
		"GET /{tenant}/discovery/v2.0/keys":                   {Reply: having("keys:array"), Error: wrong},
		"GET /{tenant}/discovery/instance":                    {Reply: having("tenant_discovery_endpoint api-version metadata:array"), Error: wrong},
		"GET /session":                                        {Reply: auth.SessionInfo{}},
		"POST /signin":                                        {Body: auth.SignInRequest{}, Statuses: []int{204}},
		"POST /signout":                                       {Statuses: []int{204}},

		"POST /{tenant}/oauth2/v2.0/token":      {Body: form, Form: true, Reply: having("token_type access_token expires_in:integer ext_expires_in:integer"), Error: wrong},
		"POST /{tenant}/oauth2/v2.0/devicecode": {Body: form, Form: true, Reply: having("user_code device_code verification_uri expires_in:integer interval:integer message"), Error: wrong},
	}
}

// browserRoutes are what the studio's own package serves for a browser to sign in.
func browserRoutes() []arm.Route {
	return []arm.Route{
		{Method: "GET", Pattern: "/session", Action: arm.Public, Doc: "says who is signed in, and which workspaces they see"},
		{Method: "POST", Pattern: "/signin", Action: arm.Public, Doc: "opens a session by the code of a link, a user's password, or a token; a form may be sent too, and is answered by a page"},
		{Method: "POST", Pattern: "/signout", Action: arm.Public, Doc: "ends the session"},
	}
}

func historyShapes() map[string]arm.Shape {
	m := map[string]arm.Shape{
		"GET /discovery": {Reply: having("api history")},
	}
	const run = "/history/v1.0{ws}/runs/{job}"
	m["GET "+run] = arm.Shape{Reply: having("runId status")}
	m["GET "+run+"/details"] = arm.Shape{Reply: having("runId status logFiles:object")}
	m["GET "+run+"/children"] = arm.Shape{Reply: having("value:array")}
	m["GET "+run+"/serviceinstances/{node}"] = arm.Shape{Reply: having("instances:object")}
	m["GET "+run+"/logs/{path...}"] = arm.Shape{Media: "text/plain"}
	m["POST /history/v1.0{ws}/rundata"] = arm.Shape{Body: anything, Reply: having("runMetadata:object")}
	m["POST /data/v1.0{ws}/dataversion/batchGetResolvedUris"] = arm.Shape{Body: anything, Reply: anything}
	return m
}
