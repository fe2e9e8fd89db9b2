package cli

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
)

func TestReadCluster(t *testing.T) {
	src := `$schema: https://azuremlschemas.azureedge.net/latest/amlCompute.schema.json
name: low-pri-example
type: amlcompute
location: westus
description: "a # b"
tags: {team: 비전, n: 3}
size: STANDARD_DS3_v2
tier: Low_Priority
min_instances: 0
max_instances: 2
idle_time_before_scale_down: 120
ssh_public_access_enabled: true
ssh_settings: {admin_username: me, ssh_key_value: ssh-rsa AAA}
network_settings: {vnet_name: v, subnet: s}
identity:
  type: user_assigned
  user_assigned_identities:
    - resource_id: /subscriptions/x/id
enable_node_public_ip: false
provisioning_state: Succeeded
created_on: 2021
`
	got, err := readCluster("c.yml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	want := &clusterFile{
		Name: "low-pri-example", Location: "westus", Description: "a # b", Tags: map[string]string{"team": "비전", "n": "3"}, Size: "STANDARD_DS3_v2",
		Priority: atelier.LowPriority, Max: 2, Idle: 2 * time.Minute, HasMin: true, HasMax: true, HasIdle: true, PublicSSH: "Enabled", AdminUser: "me", AdminKey: "ssh-rsa AAA",
		Subnet: "/virtualNetworks/v/subnets/s", Identity: "UserAssigned", Identities: []string{"/subscriptions/x/id"}, NoPublicIP: true,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestReadJob(t *testing.T) {
	src := `command: >-
  python main.py
  --a ${{inputs.a}}
name: "007"
environment:
  image: mcr.example/x
  conda_file:
    name: e
    dependencies: [python=3.11, {pip: [numpy]}]
defaults_are: nothing
`
	if _, err := readJob("j.yml", ".", []byte(src), nil); err == nil || !strings.Contains(err.Error(), `j.yml:10:1: unknown key "defaults_are"`) {
		t.Errorf("err = %v", err)
	}
	src = strings.Replace(src, "defaults_are: nothing", `
x: &in {type: uri_file, path: a.csv}
inputs: {a: 3, b: true, c: 1.50, d: *in, e: {type: string, value: hi}}
services: {s: {type: ssh, ssh_public_keys: k, nodes: all}, t: {type: tensor_board, log_dir: out}}
queue_settings: {job_tier: spot}
identity: {type: managed, client_id: c, object_id: o, msi_resource_id: /r}
resources: {instance_count: 2, shm_size: 2g, docker_args: [--a]}`, 1)
	src = strings.Replace(src, "x: &in", "properties: &unused {k: v}\nparameters: &in", 1)
	j, err := readJob("j.yml", "dir", []byte(src), []string{"inputs.a=9", "tags.k=v"})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]inputFile{
		"a": {Type: "literal", Literal: "9"}, "b": {Type: "literal", Literal: "true"}, "c": {Type: "literal", Literal: "1.50"},
		"d": {Type: "uri_file", Path: "a.csv"}, "e": {Type: "literal", Literal: "hi"},
	} {
		if got := j.Inputs[name]; got != want {
			t.Errorf("input %s = %+v, want %+v", name, got, want)
		}
	}
	if j.Command != "python main.py --a ${{inputs.a}}" || j.Name != "007" || j.Tags["k"] != "v" || j.Instances != 2 {
		t.Errorf("%+v", j)
	}
	if !strings.Contains(j.Environment.Conda, "python=3.11") || j.Environment.Image != "mcr.example/x" {
		t.Errorf("environment %+v", j.Environment)
	}
	if want := map[string]any{"jobServiceType": "SSH", "properties": map[string]string{"sshPublicKeys": "k"}, "nodes": map[string]string{"nodesValueType": "All"}}; !reflect.DeepEqual(j.Services["s"], want) {
		t.Errorf("service %+v", j.Services["s"])
	}
	if j.Queue["jobTier"] != "spot" || j.Resources["shmSize"] != "2g" {
		t.Errorf("%+v %+v", j.Queue, j.Resources)
	}
	if want := map[string]any{"identityType": "Managed", "clientId": "c", "objectId": "o", "resourceId": "/r"}; !reflect.DeepEqual(j.Identity, want) {
		t.Errorf("identity %+v, want %+v", j.Identity, want)
	}
}

func TestYAMLProblems(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"not-a-mapping", "- a", "j.yml:1:1: the file holds a list"},
		{"two-documents", "command: x\n---\ncommand: y", "2 documents"},
		{"twice", "command: x\ncommand: y", "2:1"},
		{"list-for-string", "command: [x]", "1:10: this must be a string, and it is a list"},
		{"bad-type", "command: x\ninputs: {a: {type: uri_flie, path: p}}", `2:20: "uri_flie" is not one of uri_file,`},
		{"no-path", "command: x\ninputs: {a: {type: uri_file}}", "an input needs a path"},
		{"alias-of-nothing", "command: *x", "1:10"},
		{"tag", "command: !python/object x", "1:10: the tag !python/object means nothing"},
		{"environment-word", "command: x\nenvironment: conda.yml", `"conda.yml" is not an environment`},
		{"build", "command: x\nenvironment: {build: {path: .}}", "Dockerfile is not supported"},
		{"timeout-range", "command: x\nlimits: {timeout: 0}", "2:19: 0 is out of range"},
		{"mode", "command: x\noutputs: {o: {mode: rw}}", `"rw" is not one of rw_mount, mount, upload, direct`},
		{"wide-excerpt", "command: 한글\n한: x", "  2 | 한: x\n    | ^"},
		{"deep", "command: " + strings.Repeat("[", 60) + strings.Repeat("]", 60), "nested too deeply"},
		{"bomb", bomb(), "repeats itself too often"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := readJob("j.yml", ".", []byte(tt.src), nil)
			var e *atelier.Error
			if !errors.As(err, &e) || e.Code != "InvalidYaml" || !strings.Contains(e.Message, tt.want) {
				t.Errorf("err = %v, want %q", err, tt.want)
			}
			if strings.Count(e.Message, "\n") > 3 {
				t.Errorf("too long: %s", e.Message)
			}
		})
	}
}

// bomb is a file whose aliases stand for billions of values.
func bomb() string {
	var b strings.Builder
	b.WriteString("a00: &a00 [x,x,x,x,x,x,x,x,x,x]\n")
	for i := 1; i < 12; i++ {
		prev := "*a" + itoa(i-1)
		b.WriteString("a" + itoa(i) + ": &a" + itoa(i) + " [" + strings.TrimSuffix(strings.Repeat(prev+",", 10), ",") + "]\n")
	}
	return b.String() + "command: x\n"
}

func itoa(i int) string { return string(rune('0'+i/10)) + string(rune('0'+i%10)) }

// TestReadsAzuresExamples reads files as Azure's documentation has them.
func TestReadsAzuresExamples(t *testing.T) {
	files, err := filepath.Glob("testdata/azure/*.yml")
	if err != nil || len(files) < 5 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".yml"), func(t *testing.T) {
			src, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(src), "amlCompute.schema.json") {
				_, err = readCluster(name, src)
			} else {
				_, err = readJob(name, filepath.Dir(name), src, nil)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
}

func FuzzYAML(f *testing.F) {
	for _, s := range []string{"command: x", "type: amlcompute\nsize: s\nmax_instances: 3", "a: &b [*b]", "<<: {a: b}\ncommand: |\n x", "? [a]\n: b", "command: !!str 3", "inputs: {a: {<<: *c}}", bomb()} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		for _, read := range []func() error{
			func() error { _, err := readJob("f.yml", ".", src, []string{"inputs.a=1"}); return err },
			func() error { _, err := readCluster("f.yml", src); return err },
		} {
			var e *atelier.Error
			if err := read(); err != nil && (!errors.As(err, &e) || e.Message == "") {
				t.Errorf("%q: %v", src, err)
			}
		}
	})
}
