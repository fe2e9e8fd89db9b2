package cli

import (
	"encoding/json"
	"strings"

	"github.com/goccy/go-yaml"
)

// envFile is the environment that a job asks for: a registered one by Ref, or one
// described in place. All empty is none.
type envFile struct {
	Ref       string // azureml:name:version, or an ARM id
	Name      string
	Version   string
	Image     string
	Conda     string // YAML text written in place
	CondaPath string // or the file that holds it
	PipPath   string // ours: a requirements.txt
	Pip       string // its text
	Tags      map[string]string
}

func (e *envFile) empty() bool {
	return e.Ref == "" && e.Image == "" && e.Conda == "" && e.CondaPath == "" && e.PipPath == "" && e.Pip == ""
}

// environment reads a reference or a description in place.
func (f *yamlFile) environment(to *envFile) func(*value) {
	return func(v *value) {
		if v.kind != kindMap {
			f.str(&to.Ref)(v)
			if v.kind == kindString && !strings.HasPrefix(to.Ref, "azureml:") && !strings.HasPrefix(to.Ref, "/") {
				f.fail(v, "%q is not an environment; write azureml:NAME:VERSION, or a mapping with conda_file or pip_file", to.Ref)
			}
			return
		}
		f.mapping(v, "environment", schema{
			"$schema": nil, "id": nil, "creation_context": nil, "inference_config": nil, "datastore": nil,
			"name": f.str(&to.Name), "version": f.str(&to.Version), "image": f.str(&to.Image), "description": nil, "os_type": nil,
			"tags": f.strings(&to.Tags, "tags"),
			"build": func(v *value) {
				f.fail(v, "an environment that is built from a Dockerfile is not supported; give conda_file or pip_file")
			},
			"conda_file": func(v *value) {
				if v.kind == kindMap {
					to.Conda = condaText(v)
					return
				}
				f.str(&to.CondaPath)(v)
			},
			"pip_file": f.str(&to.PipPath),
		})
		if to.empty() {
			f.fail(v, "an environment needs conda_file, pip_file or image")
		}
	}
}

// condaText writes a conda file that was given in place. The order of keys is
// settled, so that the same content makes the same environment.
func condaText(v *value) string {
	data, err := json.Marshal(v.any())
	if err != nil {
		return ""
	}
	text, err := yaml.JSONToYAML(data)
	if err != nil {
		return string(data) // JSON is YAML
	}
	return string(text)
}
