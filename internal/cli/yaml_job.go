package cli

import (
	"slices"
	"strings"
	"time"

	"github.com/atelier-compute/atelier"
)

// jobFile is what a commandJob file, or `job run` with its flags, asks for.
type jobFile struct {
	Dir          string // that local paths are relative to
	Name         string
	DisplayName  string
	Experiment   string
	Description  string
	Tags         map[string]string
	Properties   map[string]string
	Parent       string
	Compute      string
	Command      string
	Code         string
	Environment  envFile
	Env          map[string]string
	Inputs       map[string]inputFile
	Outputs      map[string]outputFile
	Instances    int
	Resources    map[string]any // the other members of resources, as on the wire
	Distribution map[string]any
	Timeout      time.Duration
	Queue        map[string]any
	Services     map[string]any
	Identity     map[string]any
}

// inputFile is a literal, or data at a path.
type inputFile struct {
	Type    string // literal or uri_file, uri_folder, …
	Literal string
	Path    string
	Mode    string
}

// outputFile is a place that the command writes to.
type outputFile struct {
	Type, Path, Mode, Name string
}

// readJob reads a file of Azure ML's commandJob schema. In ours, environment may be
// left out. Sets are further keys, as path=value, over those of the file.
func readJob(name, dir string, src []byte, sets []string) (*jobFile, error) {
	f, root, err := openYAML(name, src)
	if err != nil {
		return nil, err
	}
	for _, set := range sets {
		path, text, ok := strings.Cut(set, "=")
		if !ok || path == "" {
			return nil, usage("--set " + set + ": write path=value, for example inputs.epochs=3")
		}
		root.set(strings.Split(path, "."), text)
	}
	if t := schemaType(f, root); t != "command" {
		return nil, wrongType(name, t, "command")
	}
	j := &jobFile{Dir: dir}
	f.mapping(root, "a commandJob file", f.jobSchema(j))
	if strings.TrimSpace(j.Command) == "" && len(f.problems) == 0 {
		f.fail(root, "command is required: what the job runs, for example \"command: python train.py\"")
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	return j, nil
}

func (f *yamlFile) jobSchema(j *jobFile) schema {
	return schema{
		"$schema": nil, "type": nil, "id": nil, "status": nil, "creation_context": nil, "log_files": nil, "parameters": nil, "resourceGroup": nil,
		"name":                  f.str(&j.Name),
		"display_name":          f.str(&j.DisplayName),
		"experiment_name":       f.str(&j.Experiment),
		"description":           f.str(&j.Description),
		"tags":                  f.strings(&j.Tags, "tags"),
		"properties":            f.strings(&j.Properties, "properties"),
		"parent_job_name":       f.str(&j.Parent),
		"compute":               f.str(&j.Compute),
		"command":               f.str(&j.Command),
		"code":                  f.str(&j.Code),
		"environment":           f.environment(&j.Environment),
		"environment_variables": f.strings(&j.Env, "environment_variables"),
		"resources":             f.resources(j),
		"distribution":          f.distribution(&j.Distribution),
		"limits": func(v *value) {
			seconds := 0
			f.mapping(v, "limits", schema{"timeout": f.integer(&seconds, 1, 3650*24*3600)})
			j.Timeout = time.Duration(seconds) * time.Second
		},
		"queue_settings": func(v *value) {
			tier, priority := "", ""
			f.mapping(v, "queue_settings", schema{"job_tier": f.str(&tier), "priority": f.str(&priority)})
			j.Queue = present(map[string]any{"jobTier": tier, "priority": priority})
		},
		"services": f.services(&j.Services),
		"identity": func(v *value) {
			kind, client, object, resource := "", "", "", ""
			f.mapping(v, "identity", schema{
				"type":      f.oneOf(&kind, [2]string{"managed", "Managed"}, [2]string{"aml_token", "AMLToken"}, [2]string{"user_identity", "UserIdentity"}),
				"client_id": f.str(&client), "object_id": f.str(&object), "msi_resource_id": f.str(&resource),
			})
			j.Identity = present(map[string]any{"identityType": kind, "clientId": client, "objectId": object, "resourceId": resource})
		},
		"inputs": func(v *value) {
			f.named(v, "inputs", func(name string, v *value) { put(&j.Inputs, name, f.input(v)) })
		},
		"outputs": func(v *value) {
			f.named(v, "outputs", func(name string, v *value) { put(&j.Outputs, name, f.output(v)) })
		},
	}
}

func put[V any](m *map[string]V, name string, v V) {
	if *m == nil {
		*m = map[string]V{}
	}
	(*m)[name] = v
}

// present drops empty members, and is nil when nothing is left.
func present(m map[string]any) map[string]any {
	for k, v := range m {
		if v == nil || v == "" || v == 0 {
			delete(m, k)
		}
	}
	if len(m) == 0 {
		return nil
	}
	return m
}

var assetTypes = []string{"uri_file", "uri_folder", "mltable", "custom_model", "mlflow_model", "triton_model"}

func (f *yamlFile) assetType(to *string) func(*value) {
	return func(v *value) {
		f.str(to)(v)
		if v.kind != kindNull && !slices.Contains(assetTypes, *to) {
			f.fail(v, "%q is not one of %s", *to, strings.Join(assetTypes, ", "))
		}
	}
}

// input reads a literal, or a mapping with a path.
func (f *yamlFile) input(v *value) inputFile {
	in := inputFile{Type: "literal"}
	if v.kind != kindMap {
		f.str(&in.Literal)(v)
		return in
	}
	in.Type = "uri_folder"
	typ, literal, onCompute, store := "", "", "", ""
	f.mapping(v, "an input", schema{
		"type": func(v *value) {
			switch v.text {
			case "string", "integer", "number", "boolean": // of a literal
				typ = "literal"
			default:
				f.assetType(&typ)(v)
			}
		},
		"path": f.str(&in.Path), "value": f.str(&literal), "default": f.str(&literal),
		"path_on_compute": f.str(&onCompute), "datastore": f.str(&store), "description": nil, "optional": nil,
		"mode": f.oneOf(&in.Mode, [2]string{"ro_mount", "ReadOnlyMount"}, [2]string{"rw_mount", "ReadWriteMount"}, [2]string{"download", "Download"},
			[2]string{"direct", "Direct"}, [2]string{"eval_mount", "EvalMount"}, [2]string{"eval_download", "EvalDownload"}),
	})
	if typ != "" {
		in.Type = typ
	}
	switch {
	case typ == "literal" || in.Path == "" && literal != "":
		in = inputFile{Type: "literal", Literal: literal}
	case in.Path == "":
		f.fail(v, "an input needs a path: a local file or folder, or a URI that starts with azureml:")
	}
	return in
}

func (f *yamlFile) output(v *value) outputFile {
	out := outputFile{Type: "uri_folder"}
	version := ""
	f.mapping(v, "an output", schema{
		"type": f.assetType(&out.Type), "path": f.str(&out.Path), "name": f.str(&out.Name), "version": f.str(&version), "description": nil,
		"mode": f.oneOf(&out.Mode, [2]string{"rw_mount", "ReadWriteMount"}, [2]string{"mount", "ReadWriteMount"}, [2]string{"upload", "Upload"}, [2]string{"direct", "Direct"}),
	})
	return out
}

func (f *yamlFile) resources(j *jobFile) func(*value) {
	return func(v *value) {
		most, instanceType, shm := 0, "", ""
		rest := map[string]any{}
		f.mapping(v, "resources", schema{
			"instance_count":     f.integer(&j.Instances, 1, atelier.MaxNodes),
			"max_instance_count": f.integer(&most, 1, atelier.MaxNodes),
			"instance_type":      f.str(&instanceType),
			"shm_size":           f.str(&shm),
			"docker_args": func(v *value) {
				if v.kind == kindList {
					rest["dockerArgsList"] = v.any()
					return
				}
				args := ""
				f.str(&args)(v)
				rest["dockerArgs"] = args
			},
			"locations":  f.items("locations", func(v *value) {}),
			"properties": func(v *value) { rest["properties"] = v.any() },
		})
		rest["maxInstanceCount"], rest["instanceType"], rest["shmSize"] = most, instanceType, shm
		j.Resources = present(rest)
	}
}

func (f *yamlFile) distribution(to *map[string]any) func(*value) {
	return func(v *value) {
		kind, procs, servers, workers := "", 0, 0, 0
		s := schema{
			"type": f.oneOf(&kind, [2]string{"pytorch", "PyTorch"}, [2]string{"mpi", "Mpi"}, [2]string{"tensorflow", "TensorFlow"}, [2]string{"ray", "Ray"}),
		}
		switch t := v.get("type"); {
		case t == nil:
			if v.kind == kindMap {
				f.fail(v, "distribution needs a type: pytorch, mpi or tensorflow")
				return
			}
		case sameWord(t.text, "tensorflow"):
			s["parameter_server_count"], s["worker_count"] = f.integer(&servers, 0, atelier.MaxNodes), f.integer(&workers, 0, atelier.MaxNodes)
		case sameWord(t.text, "ray"):
			for _, k := range []string{"port", "address", "include_dashboard", "dashboard_port", "head_node_additional_args", "worker_node_additional_args"} {
				s[k] = nil
			}
		default:
			s["process_count_per_instance"] = f.integer(&procs, 1, 1024)
		}
		f.mapping(v, "distribution", s)
		if *to = present(map[string]any{"distributionType": kind, "processCountPerInstance": procs, "workerCount": workers}); kind == "TensorFlow" {
			(*to)["parameterServerCount"] = servers
		}
	}
}

func (f *yamlFile) services(to *map[string]any) func(*value) {
	return func(v *value) {
		f.named(v, "services", func(name string, v *value) {
			kind, port, keys, logs, nodes := "", 0, "", "", ""
			props := map[string]string{}
			f.mapping(v, "a service", schema{
				"type": func(v *value) {
					f.str(&kind)(v)
					for _, w := range []string{"SSH", "JupyterLab", "VSCode", "TensorBoard"} {
						if sameWord(kind, w) {
							kind = w
						}
					}
				},
				"port": f.integer(&port, 1, 65535), "ssh_public_keys": f.str(&keys), "log_dir": f.str(&logs), "nodes": f.str(&nodes),
				"properties": f.strings(&props, "properties"), "endpoint": nil, "status": nil, "error_message": nil, "job_service_type": nil,
			})
			service := map[string]any{"jobServiceType": kind, "port": port}
			if keys != "" {
				props["sshPublicKeys"] = keys
			}
			if logs != "" {
				props["logDir"] = logs
			}
			if len(props) > 0 {
				service["properties"] = props
			}
			if nodes == "all" {
				service["nodes"] = map[string]string{"nodesValueType": "All"}
			}
			put(to, name, any(present(service)))
		})
	}
}
