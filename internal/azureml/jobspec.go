package azureml

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/atelier-compute/atelier"
)

// Properties of a job that Atelier reads.
const (
	propAttempts = "atelier.maxAttempts"
	propPriority = "atelier.priority"
)

const (
	literal         = "literal"
	kindCommand     = "Command"
	defaultAttempts = 3
	maxAttempts     = 100
	maxPriority     = 1000
	maxProcs        = 1024
	maxTimeout      = 30 * 24 * time.Hour // behaviour 10: job lifetime
)

// spec is the job that the body asks for, as far as the body alone tells.
func (p *jobProps) spec(l *lookup, name string) (*atelier.JobSpec, error) {
	if p == nil {
		return nil, missing("properties")
	}
	if err := p.checkKind(); err != nil {
		return nil, err
	}
	if !strings.EqualFold(p.JobType, kindCommand) {
		return p.document(l, name)
	}
	s := p.describe(name)
	s.Type, s.Command, s.Env, s.Instances, s.MaxAttempts = kindCommand, p.Command, some(p.EnvironmentVariables), 1, defaultAttempts
	for _, step := range []func(*atelier.JobSpec) error{
		p.refer(l), p.bind(l.w, name), p.limit, p.scale, p.distribute, p.order, checkText,
	} {
		if err := step(s); err != nil {
			return nil, err
		}
	}
	p.passThrough(l.w, s)
	return s, nil
}

// describe is the spec as far as jobs of all types have it in common.
func (p *jobProps) describe(name string) *atelier.JobSpec {
	s := &atelier.JobSpec{
		DisplayName: p.DisplayName, Experiment: p.ExperimentName, Description: p.Description,
		Archived: p.IsArchived, Tags: some(p.Tags), Properties: some(p.Properties),
	}
	delete(s.Properties, propTarget) // ours, echoed back
	if len(s.Properties) == 0 {
		s.Properties = nil
	}
	if s.DisplayName == "" {
		s.DisplayName = name
	}
	if s.Experiment == "" {
		s.Experiment = "Default"
	}
	return s
}

func (p *jobProps) checkKind() error {
	const at = "properties.jobType"
	switch {
	case p.JobType == "":
		return missing(at)
	case !strings.EqualFold(p.JobType, kindCommand):
		if strings.EqualFold(p.JobType, kindSweep) || strings.EqualFold(p.JobType, kindPipeline) {
			return nil
		}
		for _, kind := range []string{"AutoML", "Distillation", "FineTuning", "Spark"} {
			if strings.EqualFold(p.JobType, kind) {
				return atelier.Errorf(atelier.Unsupported, "JobTypeNotSupported", "%s jobs are not supported yet; %s jobs are", kind, kindCommand).At(at)
			}
		}
		return atelier.Errorf(atelier.Invalid, "InvalidJobType", "jobType is %q; it must be %s", p.JobType, kindCommand).At(at)
	case strings.TrimSpace(p.Command) == "":
		return missing("properties.command")
	}
	return nil
}

// refer resolves what the job names by ID.
func (p *jobProps) refer(l *lookup) func(*atelier.JobSpec) error {
	return func(s *atelier.JobSpec) (err error) {
		if p.ComputeID == "" {
			return atelier.Errorf(atelier.Invalid, "InvalidRequestContent",
				"properties.computeId is required; jobs without a compute (serverless) are not supported").At("properties.computeId")
		}
		if s.Compute, err = l.computeID(p.ComputeID); err != nil {
			return err
		}
		if s.Code, err = l.assetID(atelier.KindCode, p.CodeID, "properties.codeId"); err != nil {
			return err
		}
		s.Environment, err = l.assetID(atelier.KindEnvironment, p.EnvironmentID, "properties.environmentId")
		return err
	}
}

// bind takes over inputs and outputs.
func (p *jobProps) bind(w *atelier.Workspace, job string) func(*atelier.JobSpec) error {
	return func(s *atelier.JobSpec) error {
		for _, name := range sorted(p.Inputs) {
			in, at := p.Inputs[name], "properties.inputs."+name
			if in == nil {
				continue
			}
			if err := checkBinding(name, at); err != nil {
				return err
			}
			input, err := in.spec(w, at)
			if err != nil {
				return err
			}
			if s.Inputs == nil {
				s.Inputs = map[string]atelier.Input{}
			}
			s.Inputs[name] = input
		}
		for _, name := range sorted(p.Outputs) {
			out, at := p.Outputs[name], "properties.outputs."+name
			if out == nil || name == "default" && strings.EqualFold(out.URI, defaultOutput(job)) {
				continue
			}
			if err := checkBinding(name, at); err != nil {
				return err
			}
			output, err := out.spec(w, at)
			if err != nil {
				return err
			}
			if s.Outputs == nil {
				s.Outputs = map[string]atelier.Output{}
			}
			s.Outputs[name] = output
		}
		return nil
	}
}

func checkBinding(name, at string) error {
	if name == "" || len(name) > 128 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" {
		return atelier.Errorf(atelier.Invalid, "InvalidBindingName", `the name %q is not valid: only letters a-z and A-Z, digits, "_" and "-" are allowed, at most 128`, name).At(at)
	}
	return nil
}

var inputModes = []string{"ReadOnlyMount", "ReadWriteMount", "Download", "Direct", "EvalMount", "EvalDownload"}

func (in *inputIn) spec(w *atelier.Workspace, at string) (atelier.Input, error) {
	kind := strings.ToLower(in.JobInputType)
	switch kind {
	case "":
		return atelier.Input{}, missing(at + ".jobInputType")
	case literal:
		return atelier.Input{Type: literal, Value: string(in.Value)}, nil
	case "uri_file", "uri_folder":
	case "mltable", "custom_model", "mlflow_model", "triton_model":
		return atelier.Input{}, atelier.Errorf(atelier.Unsupported, "InputTypeNotSupported", "inputs of type %s are not supported yet; literal, uri_file and uri_folder are", kind).At(at + ".jobInputType")
	default:
		return atelier.Input{}, atelier.Errorf(atelier.Invalid, "InvalidInputType", "jobInputType is %q; it must be literal, uri_file or uri_folder", in.JobInputType).At(at + ".jobInputType")
	}
	i := atelier.Input{Type: kind, URI: in.URI, Mode: canonical(in.Mode, inputModes...)}
	switch {
	case in.URI == "":
		return i, missing(at + ".uri")
	case i.Mode != "" && !oneOf(i.Mode, inputModes):
		return i, atelier.Errorf(atelier.Invalid, "InvalidMode", "mode is %q; it must be one of %s", in.Mode, strings.Join(inputModes, ", ")).At(at + ".mode")
	case i.Mode == "Direct": // the URI itself is the input: any will do
		return i, nil
	case assetRef(in.URI):
		return i, nil // resolved when it is submitted
	}
	if _, err := atelier.BlobKey(w, in.URI); err != nil {
		return i, atAs(err, at+".uri")
	}
	return i, nil
}

var outputModes = []string{"ReadWriteMount", "Upload", "Direct"}

func (out *outputIn) spec(w *atelier.Workspace, at string) (atelier.Output, error) {
	o := atelier.Output{Type: strings.ToLower(out.JobOutputType), URI: out.URI, Mode: canonical(out.Mode, outputModes...), Name: out.AssetName}
	switch {
	case o.Type == "":
		o.Type = "uri_folder"
	case o.Type != "uri_file" && o.Type != "uri_folder":
		return o, atelier.Errorf(atelier.Unsupported, "OutputTypeNotSupported", "outputs of type %q are not supported yet; uri_file and uri_folder are", out.JobOutputType).At(at + ".jobOutputType")
	}
	if o.Mode != "" && !oneOf(o.Mode, outputModes) {
		return o, atelier.Errorf(atelier.Invalid, "InvalidMode", "mode is %q; it must be one of %s", out.Mode, strings.Join(outputModes, ", ")).At(at + ".mode")
	}
	if o.URI != "" {
		if _, err := atelier.BlobKey(w, o.URI); err != nil {
			return o, atAs(err, at+".uri")
		}
	}
	return o, nil
}

func oneOf(s string, list []string) bool {
	for _, l := range list {
		if s == l {
			return true
		}
	}
	return false
}

func (p *jobProps) limit(s *atelier.JobSpec) error {
	const at = "properties.limits.timeout"
	if p.Limits == nil || p.Limits.Timeout == "" {
		return nil
	}
	d, err := duration(string(p.Limits.Timeout))
	if err != nil {
		return atAs(err, at)
	}
	if d <= 0 || d > maxTimeout {
		return atelier.Errorf(atelier.Invalid, "InvalidTimeout", "the timeout is %s; it must be more than 0 and at most 30 days", p.Limits.Timeout).At(at)
	}
	s.Timeout, s.TimeoutText = d, string(p.Limits.Timeout)
	if !strings.HasPrefix(s.TimeoutText, "P") {
		s.TimeoutText = ""
	}
	return nil
}

func (p *jobProps) scale(s *atelier.JobSpec) error {
	if p.Resources == nil {
		return nil
	}
	s.Instances = deref(p.Resources.InstanceCount, 1)
	if s.Instances < 1 {
		return atelier.Errorf(atelier.Invalid, "InvalidInstanceCount", "instanceCount is %d; it must be 1 or more", s.Instances).At("properties.resources.instanceCount")
	}
	return nil
}

func (p *jobProps) distribute(s *atelier.JobSpec) error {
	const at = "properties.distribution.distributionType"
	if p.Distribution == nil {
		return nil
	}
	switch kind := p.Distribution.DistributionType; strings.ToLower(kind) {
	case "pytorch":
	case "mpi", "tensorflow", "ray":
		return atelier.Errorf(atelier.Unsupported, "DistributionNotSupported", "distribution %s is not supported yet; PyTorch is", kind).At(at)
	case "":
		return missing(at)
	default:
		return atelier.Errorf(atelier.Invalid, "InvalidDistribution", "distributionType is %q; it must be PyTorch", kind).At(at)
	}
	procs := deref(p.Distribution.ProcessCountPerInstance, 0)
	if procs < 0 || procs > maxProcs {
		return atelier.Errorf(atelier.Invalid, "InvalidDistribution", "processCountPerInstance is %d; it must be from 1 to %d", procs, maxProcs).At("properties.distribution.processCountPerInstance")
	}
	s.Distribution = &atelier.Distribution{Type: "PyTorch", ProcsPerNode: procs}
	return nil
}

// order reads how the job stands in its queue.
func (p *jobProps) order(s *atelier.JobSpec) (err error) {
	if text, found := s.Properties[propAttempts]; found {
		if s.MaxAttempts, err = number(text, 1, maxAttempts, "properties.properties."+propAttempts); err != nil {
			return err
		}
	}
	text, at := s.Properties[propPriority], "properties.properties."+propPriority
	if text == "" && p.QueueSettings != nil {
		text, at = string(p.QueueSettings.Priority), "properties.queueSettings.priority"
		for level, word := range []string{"low", "medium", "high"} { // Azure CLI's words
			if strings.EqualFold(text, word) {
				text = strconv.Itoa(level - 1)
			}
		}
	}
	if text != "" {
		s.Priority, err = number(text, -maxPriority, maxPriority, at)
	}
	return err
}

func number(text string, least, most int, at string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, atelier.Errorf(atelier.Invalid, "InvalidRequestContent", "%s is %q; it must be a whole number from %d to %d", at, text, least, most).At(at)
	}
	return n, nil
}

// checkText makes sure that every placeholder means something that is declared,
// and that variables have names.
func checkText(s *atelier.JobSpec) error {
	if err := checkRefs(s, s.Command, "properties.command"); err != nil {
		return err
	}
	for _, name := range sorted(s.Env) {
		at := "properties.environmentVariables." + name
		if name == "" || strings.ContainsAny(name, "= \t\r\n") {
			return atelier.Errorf(atelier.Invalid, "InvalidEnvironmentVariable", `%q is not a name for an environment variable: it is empty or has "=" or white space in it`, name).At("properties.environmentVariables")
		}
		if err := checkRefs(s, s.Env[name], at); err != nil {
			return err
		}
	}
	return nil
}

func checkRefs(s *atelier.JobSpec, text, at string) error {
	refs, err := atelier.Placeholders(text)
	if err != nil {
		return atAs(err, at)
	}
	for _, ref := range refs {
		_, declared := s.Inputs[ref.Name]
		if ref.Kind == atelier.RefOutputs {
			_, declared = s.Outputs[ref.Name]
		}
		if !declared {
			return atelier.Errorf(atelier.Invalid, "UnknownPlaceholder", "%s is used, but the job declares no %s %q", ref, strings.TrimSuffix(ref.Kind, "s"), ref.Name).At(at)
		}
	}
	return nil
}

// passThrough keeps what has no effect here but is shown again.
func (p *jobProps) passThrough(w *atelier.Workspace, s *atelier.JobSpec) {
	keep := func(key string, v any) {
		if s.Passthrough == nil {
			s.Passthrough = map[string]any{}
		}
		s.Passthrough[key] = v
	}
	keepMap := func(key string, v map[string]any) {
		if len(v) > 0 {
			keep(key, v)
		}
	}
	for _, ref := range []struct{ key, text, shown string }{
		{"computeId", p.ComputeID, armID(w, "computes", s.Compute.Name())},
		{"codeId", p.CodeID, deref(assetARM(w, s.Code), "")},
		{"environmentId", p.EnvironmentID, deref(assetARM(w, s.Environment), "")},
	} {
		if strings.HasPrefix(ref.text, "/") && ref.text != ref.shown { // clients compare spellings
			keep(ref.key, ref.text)
		}
	}
	services := map[string]any{}
	for name, service := range p.Services {
		if service != nil && name != "Tracking" && name != "Studio" {
			services[name] = map[string]any(*service)
		}
	}
	keepMap("services", services)
	keepMap("identity", p.Identity)
	keepMap("notificationSetting", p.NotificationSetting)
	queue := map[string]any{}
	if q := p.QueueSettings; q != nil {
		put(queue, "jobTier", q.JobTier)
		put(queue, "priority", string(q.Priority))
	}
	keepMap("queueSettings", queue)
	more := map[string]any{}
	if res := p.Resources; res != nil {
		put(more, "instanceType", res.InstanceType)
		put(more, "shmSize", res.ShmSize)
		put(more, "dockerArgs", res.DockerArgs)
		if len(res.Properties) > 0 {
			more["properties"] = res.Properties
		}
	}
	keepMap("resources", more)
}

func put(m map[string]any, key, value string) {
	if value != "" {
		m[key] = value
	}
}

func some[M ~map[string]string](m M) map[string]string {
	if len(m) == 0 {
		return nil
	}
	return map[string]string(m)
}

// checkName refuses names that could not be a path segment, a file and a word in a
// command line at once.
func checkName(what, name string) error {
	rule := ""
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			rule = fmt.Sprintf(`only letters a-z and A-Z, digits, "-", "_" and "." are allowed, and it has %q`, string(c))
			break
		}
	}
	switch {
	case rule != "":
	case name == "" || strings.IndexByte("-_.", name[0]) >= 0:
		rule = "it must start with a letter or a digit"
	case len(name) > 200:
		rule = fmt.Sprintf("it must have at most 200 characters and has %d", len(name))
	default:
		return nil
	}
	return atelier.Errorf(atelier.Invalid, "InvalidName", "the %s %q is not valid: %s", what, name, rule).At("name")
}
