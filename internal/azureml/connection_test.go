package azureml

import (
	"context"
	"strings"
	"testing"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/probe"
)

// asked is a prober that remembers what it was asked.
type asked struct {
	caller string
	target probe.Target
	err    error
}

func (a *asked) Test(_ context.Context, caller string, t probe.Target) (probe.Report, error) {
	a.caller, a.target = caller, t
	return probe.Report{
		HostKey: &probe.HostKey{Type: "ssh-ed25519", Fingerprint: "SHA256:x"},
		Checks:  []probe.Check{{Name: probe.TCP, Status: probe.Failed, Message: "no", Help: "so"}},
	}, a.err
}

func TestTestConnection(t *testing.T) {
	w := newWorld(t)
	p := &asked{}
	const url, body = wsURL + "/testConnection" + own, `{"address":"10.0.0.5","port":2222,"userName":"kim","password":"hush-hush","hostKey":"SHA256:x"}`
	w.ann("POST", url, body).wantError(400, "OperationNotSupported", "")
	w.api.Prober = p
	w.as("eve", "POST", url, body).want(403)
	w.as("bob", "POST", url, body).want(404)
	if p.caller != "" {
		t.Errorf("the connection was tested for %s, who may not", p.caller)
	}
	r := w.ann("POST", url, body).want(200).wantAt("ok", false).wantAt("hostKey.fingerprint", "SHA256:x").
		wantAt("checks.0.name", "tcp").wantAt("checks.0.help", "so").wantAt("checks.0.detail", nil)
	if want := (probe.Target{Address: "10.0.0.5", Port: 2222, User: "kim", Password: "hush-hush", HostKey: "SHA256:x"}); p.target != want || p.caller != "ann" {
		t.Errorf("%s asked for %+v", p.caller, p.target)
	}
	p.err = atelier.Errorf(atelier.NoQuota, "TooManyTests", "wait")
	w.ann("POST", url, body).wantError(429, "TooManyTests", "")
	if strings.Contains(r.body+w.log.String(), "hush-hush") {
		t.Error("the password is repeated or logged")
	}
}
