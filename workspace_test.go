package atelier

import (
	"testing"
	"time"
)

func outcomeCompute(generation, observed int64, state ComputeState, deleting bool) *Compute {
	c := &Compute{Status: ComputeStatus{Observed: observed, State: state}}
	c.UID, c.Generation = "u1", generation
	if deleting {
		c.DeletedAt = time.Unix(1, 0)
	}
	return c
}

func outcomeJob(uid string, state JobState) *Job {
	j := &Job{Status: JobStatus{State: state}}
	j.UID = uid
	return j
}

func TestOperationOutcome(t *testing.T) {
	other := outcomeCompute(1, 1, Succeeded, false)
	other.UID = "u2"
	told := outcomeCompute(2, 2, Failed, false)
	told.Status.Errors = []Problem{{Code: "NoCapacity"}, {Code: "Second"}}
	for _, c := range []struct {
		name    string
		verb    string
		target  Resource
		want    ComputeState
		problem string
	}{
		{"put-not-seen", "put", outcomeCompute(2, 1, Succeeded, false), Updating, ""},
		{"put-under-way", "put", outcomeCompute(2, 2, Creating, false), Updating, ""},
		{"put-done", "put", outcomeCompute(2, 2, Succeeded, false), Succeeded, ""},
		{"put-overtaken", "put", outcomeCompute(3, 3, Succeeded, false), Succeeded, ""},
		{"put-failed", "put", outcomeCompute(2, 2, Failed, false), Failed, "ProvisioningFailed"},
		{"put-failed-with-reason", "put", told, Failed, "NoCapacity"},
		{"old-failure-is-not-ours", "put", outcomeCompute(2, 1, Failed, false), Updating, ""},
		{"put-then-deleting", "put", outcomeCompute(2, 2, Succeeded, true), Failed, "OperationPreempted"},
		{"put-then-another", "put", other, Failed, "ComputeNotFound"},
		{"put-then-gone", "patch", nil, Failed, "ResourceNotFound"},
		{"deleting", "delete", outcomeCompute(2, 2, Succeeded, true), Deleting, ""},
		{"deleted", "delete", nil, Succeeded, ""},
		{"deleted-and-made-anew", "delete", other, Succeeded, ""},
		{"canceling", "cancel", outcomeJob("u1", JobRunning), Updating, ""},
		{"canceled", "cancel", outcomeJob("u1", JobCanceled), Succeeded, ""},
		{"canceled-too-late", "cancel", outcomeJob("u1", JobCompleted), Succeeded, ""},
		{"canceled-and-gone", "cancel", nil, Succeeded, ""},
		{"canceled-and-made-anew", "cancel", outcomeJob("u2", JobRunning), Succeeded, ""},
		{"job-deleted-while-it-runs", "delete", outcomeJob("u1", JobRunning), Deleting, ""},
		{"job-ended-but-still-there", "delete", outcomeJob("u1", JobCompleted), Deleting, ""},
		{"job-deleted", "delete", outcomeJob("u2", JobRunning), Succeeded, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := Operation{TargetUID: "u1", Generation: 2, Verb: c.verb}
			state, problem := o.Outcome(c.target)
			code := ""
			if problem != nil {
				code = problem.Code
			}
			if state != c.want || code != c.problem {
				t.Errorf("outcome = %s %q, want %s %q", state, code, c.want, c.problem)
			}
		})
	}
}
