package azureml

import (
	"encoding/json"
	"maps"
	"strings"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
)

// Jobs of these types are kept as they were written, checked and shown; running
// them is for a later release, and they end by saying so.
const (
	kindSweep    = "Sweep"
	kindPipeline = "Pipeline"
)

// keptApart are the members of a job that may change after it was submitted, and
// those that the service writes: they are not part of what is kept as written.
var keptApart = []string{
	"description", "displayName", "tags", "properties", "isArchived", "status", "services", "experimentName", "jobType",
	"error", "exitCode", "attempt", "maxAttempts", "priority", "createdTime", "queuedTime", "startTime", "endTime", "nodes", "reasons", "permissions",
}

// document is the spec of a job of such a type.
func (p *jobProps) document(l *lookup, name string) (*atelier.JobSpec, error) {
	s := p.describe(name)
	s.Type = canonical(p.JobType, kindSweep, kindPipeline)
	if p.raw == nil {
		return nil, atelier.Errorf(atelier.Unsupported, "JobTypeNotSupported", "%s jobs cannot be submitted in a batch", s.Type).At("properties.jobType")
	}
	s.Document = maps.Clone(p.raw)
	for _, name := range keptApart {
		delete(s.Document, name)
	}
	services := map[string]any{}
	for name, service := range p.Services {
		if service != nil && name != "Tracking" && name != "Studio" {
			services[name] = map[string]any(*service)
		}
	}
	if len(services) > 0 {
		s.Passthrough = map[string]any{"services": services}
	}
	if s.Type == kindSweep {
		return s, p.checkSweep(l)
	}
	return s, p.checkPipeline(l)
}

type sweepIn struct {
	Objective *struct {
		Goal          string `json:"goal"`
		PrimaryMetric string `json:"primaryMetric"`
	} `json:"objective"`
	SamplingAlgorithm *struct {
		Type string `json:"samplingAlgorithmType"`
	} `json:"samplingAlgorithm"`
	SearchSpace      map[string]json.RawMessage `json:"searchSpace"`
	EarlyTermination *struct {
		PolicyType string `json:"policyType"`
	} `json:"earlyTermination"`
	Trial *struct {
		Command       string `json:"command"`
		CodeID        string `json:"codeId"`
		EnvironmentID string `json:"environmentId"`
	} `json:"trial"`
}

func (p *jobProps) checkSweep(l *lookup) error {
	var in sweepIn
	if err := p.part(&in); err != nil {
		return err
	}
	switch {
	case in.Objective == nil:
		return missing("properties.objective")
	case in.Objective.PrimaryMetric == "":
		return missing("properties.objective.primaryMetric")
	case in.SamplingAlgorithm == nil:
		return missing("properties.samplingAlgorithm")
	case len(in.SearchSpace) == 0:
		return missing("properties.searchSpace")
	case in.Trial == nil:
		return missing("properties.trial")
	case strings.TrimSpace(in.Trial.Command) == "":
		return missing("properties.trial.command")
	case p.ComputeID == "":
		return missing("properties.computeId")
	}
	for _, word := range []struct {
		at, is string
		may    []string
	}{
		{"objective.goal", in.Objective.Goal, []string{"Minimize", "Maximize"}},
		{"samplingAlgorithm.samplingAlgorithmType", in.SamplingAlgorithm.Type, []string{"Grid", "Random", "Bayesian"}},
	} {
		if !oneOf(canonical(word.is, word.may...), word.may) {
			return atelier.Errorf(atelier.Invalid, "InvalidSweep", "%s is %q; it must be one of %s", word.at, word.is, strings.Join(word.may, ", ")).At("properties." + word.at)
		}
	}
	if e, may := in.EarlyTermination, []string{"Bandit", "MedianStopping", "TruncationSelection"}; e != nil && !oneOf(canonical(e.PolicyType, may...), may) {
		return atelier.Errorf(atelier.Invalid, "InvalidSweep", "policyType is %q; it must be one of %s", e.PolicyType, strings.Join(may, ", ")).At("properties.earlyTermination.policyType")
	}
	for name, raw := range in.SearchSpace {
		var pair []json.RawMessage
		if json.Unmarshal(raw, &pair) != nil || len(pair) != 2 || name == "" {
			return atelier.Errorf(atelier.Invalid, "InvalidSweep", `the search space of %q must be a pair such as ["uniform", [0, 1]]`, name).At("properties.searchSpace." + name)
		}
	}
	return p.checkRefs(l, in.Trial.CodeID, in.Trial.EnvironmentID, "properties.trial.")
}

// checkRefs makes sure that what a document names is there.
func (p *jobProps) checkRefs(l *lookup, code, environment, at string) error {
	if p.ComputeID != "" {
		id, err := l.computeID(p.ComputeID)
		if err != nil {
			return err
		}
		c, err := l.compute(id)
		if err != nil {
			return err
		}
		if c == nil {
			return atelier.Errorf(atelier.Invalid, "ComputeNotFound", "there is no compute %q in workspace %s; create it first, or name another", id.Name(), l.w.Name).At("properties.computeId")
		}
	}
	for _, ref := range []struct{ kind, text, at string }{
		{atelier.KindCode, code, at + "codeId"}, {atelier.KindEnvironment, environment, at + "environmentId"},
	} {
		id, err := l.assetID(ref.kind, ref.text, ref.at)
		if err == nil && id != "" {
			_, err = l.asset(id, ref.at)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *jobProps) checkPipeline(l *lookup) error {
	var in struct {
		Jobs        map[string]map[string]json.RawMessage `json:"jobs"`
		SourceJobID string                                `json:"sourceJobId"`
	}
	if err := p.part(&in); err != nil {
		return err
	}
	if len(in.Jobs) == 0 && p.ComponentID == "" && in.SourceJobID == "" {
		return missing("properties.jobs")
	}
	for _, name := range sorted(in.Jobs) {
		if err := checkBinding(name, "properties.jobs."+name); err != nil {
			return err
		}
	}
	return p.checkRefs(l, "", "", "properties.")
}

// part reads a part of the body again, of which the common fields are read already.
func (p *jobProps) part(v any) error {
	text, err := json.Marshal(p.raw)
	if err != nil {
		return err
	}
	return arm.Unmarshal(text, v, "properties")
}

// keep remembers the whole body of a job that is kept as it was written.
func (in *jobIn) keep(r *arm.Request) error {
	if p := in.Properties; p == nil || !strings.EqualFold(p.JobType, kindSweep) && !strings.EqualFold(p.JobType, kindPipeline) {
		return nil
	}
	var body struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	err := r.Decode(&body)
	in.Properties.raw = body.Properties
	return err
}

// showJob is the job as GET shows it: of one that is kept as it was written, what
// was written, and what became of it.
func showJob(out *jobOut, j *atelier.Job) (any, error) {
	if j.Spec.Document == nil {
		return out, nil
	}
	text, err := json.Marshal(out.Properties)
	if err != nil {
		return nil, err
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, err
	}
	for _, name := range []string{
		"computeId", "codeId", "command", "environmentId", "inputs", "outputs", "distribution", "limits", "environmentVariables",
		"parameters", "queueSettings", "resources", "identity", "componentId", "notificationSetting", "parentJobName",
	} {
		delete(all, name)
	}
	for _, name := range []string{"inputs", "outputs", "settings"} {
		all[name] = json.RawMessage("{}")
	}
	if j.Spec.Type != kindPipeline {
		delete(all, "settings")
	}
	for name, v := range j.Spec.Document {
		if has(v) || !has(all[name]) {
			all[name] = v
		}
	}
	return map[string]any{"id": out.ID, "name": out.Name, "type": out.Type, "systemData": out.SystemData, "properties": all}, nil
}
