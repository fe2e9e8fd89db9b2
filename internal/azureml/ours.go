package azureml

import (
	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
)

// Ours are the operations that Atelier adds to Azure's API, in arm.OwnVersion.
func (a *API) Ours() []arm.Route {
	const job, compute = inWS + "/jobs/{job}", inWS + "/computes/{compute}"
	const jobRead = ws + "jobs/read"
	code, data := inWS+"/codes/{name}/versions/{version}/upload", inWS+"/data/{name}/versions/{version}/upload"
	files := inWS + "/codes/{name}/versions/{version}/files"
	return []arm.Route{
		{
			Method: "GET", Pattern: inWS + "/access", Action: arm.Member, Handler: a.getAccess(),
			Doc: "says who the caller is, and what they may do in the workspace",
		},
		{
			Method: "GET", Pattern: inWS + "/locations", Action: ws + "computes/read", Handler: a.listLocations,
			Doc: "lists what supplies machines",
		},
		{
			Method: "GET", Pattern: inWS + "/sizes", Action: ws + "computes/read", Handler: a.listOffers,
			Doc: "lists every size with its price, the quota and the machines left for it, and why it cannot be had; location, priority",
		},
		{
			Method: "POST", Pattern: inWS + "/submitJobs", Action: ws + "jobs/write", Handler: a.submitJobs, MaxBody: maxBatchBytes,
			Doc: "submits up to 10,000 jobs at once, all or none",
		},
		{
			Method: "POST", Pattern: code, Action: ws + "codes/versions/write", Handler: a.upload(atelier.KindCode), Raw: true, MaxBody: maxUpload,
			Doc: "makes a version of code out of a tar stream",
		},
		{
			Method: "POST", Pattern: data, Action: ws + "data/versions/write", Handler: a.upload(atelier.KindData), Raw: true, MaxBody: maxUpload,
			Doc: "makes a version of data out of a tar stream; type=uri_file or uri_folder",
		},
		{
			Method: "POST", Pattern: job + "/priority", Action: ws + "jobs/write", Handler: a.setPriority,
			Doc: "changes the priority of a job that waits for nodes",
		},
		{
			Method: "GET", Pattern: job + "/logs", Action: jobRead, Handler: a.listLogs,
			Doc: "lists the logs of a job's tasks",
		},
		{
			Method: "GET", Pattern: job + "/logs/{path...}", Action: jobRead, Handler: a.getLog,
			Doc: "sends one log as text; attempt, rank, offset, follow=true",
		},
		{
			Method: "GET", Pattern: job + "/output", Action: jobRead, Handler: a.getOutput,
			Doc: "sends all that a job says, over all attempts; offset, follow=true",
		},
		{
			Method: "GET", Pattern: job + "/outputs", Action: jobRead, Handler: a.listOutputs,
			Doc: "lists the files that a job left",
		},
		{
			Method: "GET", Pattern: job + "/outputs/{path...}", Action: jobRead, Handler: a.getOutputFile,
			Doc: "sends one file that a job left",
		},
		{
			Method: "GET", Pattern: files, Action: ws + "codes/versions/read", Handler: a.listCode,
			Doc: "lists the files of a version of code",
		},
		{
			Method: "GET", Pattern: files + "/{path...}", Action: ws + "codes/versions/read", Handler: a.getCodeFile,
			Doc: "sends one file of a version of code",
		},
		{
			Method: "GET", Pattern: inWS + "/events", Action: ws + "events/read", Handler: a.listEvents,
			Doc: "lists what changed; after, before, target, actor, reason, verb; with follow=true a stream of server-sent events that begins with one called ready",
		},
		{
			Method: "GET", Pattern: compute + "/why", Action: ws + "computes/read", Handler: a.getComputeWhy,
			Doc: "says why a compute is not what it should be",
		},
		{
			Method: "POST", Pattern: inWS + "/testConnection", Action: nodeWrite, Handler: a.testConnection,
			Doc: "says whether a machine can be attached by SSH: whether it answers, which host key it has, whether its user is let in, and what is there; keeps nothing",
		},
		{
			Method: "GET", Pattern: compute + "/series", Action: ws + "computes/read", Handler: a.getSeries,
			Doc: "says how many nodes a compute wanted and had, by state, over time; from, to, points",
		},
		{
			Method: "POST", Pattern: compute + "/nodes/{node}/drain", Action: nodeWrite, Handler: a.changeNode("drain"),
			Doc: "lets a node take no more jobs, and go when its job has ended",
		},
		{
			Method: "POST", Pattern: compute + "/nodes/{node}/preempt", Action: nodeWrite, Handler: a.changeNode("preempt"),
			Doc: "takes a node's machine away now, where the location can: a drill",
		},
		{
			Method: "GET", Pattern: job + "/why", Action: jobRead, Handler: a.getJobWhy,
			Doc: "says why a job waits",
		},
	}
}
