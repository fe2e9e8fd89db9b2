package fleet_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
	"github.com/atelier-compute/atelier/internal/wire"
)

// issuer makes tokens that say what they are for.
type issuer struct{ now time.Time }

func (i issuer) IdentityToken(w atelier.Workload, resource string) (string, time.Time, time.Time, error) {
	if resource == "bad" {
		return "", i.now, i.now, atelier.Errorf(atelier.Invalid, "InvalidResource", "bad")
	}
	return strings.Join([]string{w.Identity.ClientID, w.ResourceID, string(w.Task), w.TaskUID, resource}, " "), i.now, i.now.Add(time.Hour), nil
}

func withIdentity(t *testing.T, id *atelier.Identity) *bed {
	t.Helper()
	b := newBed(t)
	b.f.Identities = issuer{b.now}
	b.ready(node1)
	b.ready(node2)
	c, err := find[atelier.Compute](b, comp)
	if err != nil {
		c = &atelier.Compute{Meta: meta(comp, "cuid")}
	}
	c.Spec.Identity = id
	b.put(c)
	return b
}

func find[T any](b *bed, id atelier.ID) (v *T, err error) {
	return v, errors.Join(b.db.Read(b.t.Context(), func(tx *store.Tx) error {
		v, err = store.Get[T](tx, id)
		return nil
	}), err)
}

var system = &atelier.Identity{Type: "SystemAssigned", PrincipalID: "p0", ClientID: "c0"}

// TestToken is I-24: no token for a task that does not run on that node, in that
// attempt, in that incarnation.
func TestToken(t *testing.T) {
	users := &atelier.Identity{Type: "UserAssigned", User: map[string]atelier.IdentityMember{"/a": {PrincipalID: "p1", ClientID: "c1"}, "/b": {PrincipalID: "p2", ClientID: "c2"}}}
	own := "c0 " + string(comp) + " " + string(task) + " t r"
	state := func(s atelier.TaskState) func(b *bed) {
		return func(b *bed) { x := get[atelier.Task](b, task); x.State = s; b.put(x) }
	}
	nodeIs := func(s atelier.NodeState) func(b *bed) {
		return func(b *bed) { n := get[atelier.Node](b, node1); n.State = s; b.put(n) }
	}
	jobIs := func(f func(j *atelier.Job)) func(b *bed) {
		return func(b *bed) { j := get[atelier.Job](b, job); f(j); b.put(j) }
	}
	for _, tt := range []struct {
		name   string
		id     *atelier.Identity
		key    string
		node   atelier.ID
		q      wire.TokenRequest
		change func(b *bed)
		want   string // the token, or the kind of the error
	}{
		{name: "assigned", id: system, want: own},
		{name: "running", id: system, change: state(atelier.TaskRunning), want: own},
		{name: "by-client", id: system, q: wire.TokenRequest{Client: "C0"}, want: own},
		{name: "user-default", id: users, want: "c1 /a " + string(task) + " t r"},
		{name: "user-by-resource", id: users, q: wire.TokenRequest{ARM: "/B"}, want: "c2 /b " + string(task) + " t r"},
		{name: "another-computes-client", id: users, q: wire.TokenRequest{Client: "c0"}, want: "invalid"},
		{name: "no-identity", want: "invalid"},
		{name: "identity-taken-away", id: &atelier.Identity{Type: "None", PrincipalID: "p0", ClientID: "c0"}, want: "invalid"},
		{name: "refused-by-the-issuer", id: system, q: wire.TokenRequest{Resource: "bad"}, want: "invalid"},
		{name: "other-key", id: system, key: "key-n2", want: "forbidden"},
		{name: "no-key", id: system, key: "-", want: "forbidden"},
		{name: "other-node", id: system, key: "key-n2", node: node2, want: "forbidden"},
		{name: "other-incarnation", id: system, q: wire.TokenRequest{UID: "u"}, want: "conflict"},
		{name: "no-such-task", id: system, q: wire.TokenRequest{Task: job + "/tasks/9-9"}, want: "forbidden"},
		{name: "not-a-task", id: system, q: wire.TokenRequest{Task: job}, want: "forbidden"},
		{name: "ended", id: system, change: state(atelier.TaskEnded), want: "conflict"},
		{name: "superseded", id: system, change: jobIs(func(j *atelier.Job) { j.Status.Attempt = 2 }), want: "conflict"},
		{name: "job-over", id: system, change: jobIs(func(j *atelier.Job) { j.Status.State = atelier.JobCanceled }), want: "conflict"},
		{name: "node-lost", id: system, change: nodeIs(atelier.Lost), want: "conflict"},
		{name: "node-leaving", id: system, change: nodeIs(atelier.Leaving), want: "conflict"},
		{name: "node-draining", id: system, change: nodeIs(atelier.Draining), want: own},
		{name: "no-issuer", id: system, change: func(b *bed) { b.f.Identities = nil }, want: "invalid"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := withIdentity(t, tt.id)
			b.place(newJob(), 1, node1)
			if tt.change != nil {
				tt.change(b)
			}
			key, node, q := "key-n1", node1, wire.TokenRequest{Task: task, UID: "t", Resource: "r", Client: tt.q.Client, ARM: tt.q.ARM}
			if tt.key != "" {
				key = strings.Trim(tt.key, "-")
			}
			if tt.node != "" {
				node = tt.node
			}
			for at, v := range map[*string]string{&q.UID: tt.q.UID, &q.Resource: tt.q.Resource, (*string)(&q.Task): string(tt.q.Task)} {
				if v != "" {
					*at = v
				}
			}
			got, err := b.f.Token(t.Context(), key, node, q)
			if err != nil {
				got.Access = kind(err)
			}
			if got.Access != tt.want {
				t.Errorf("got %q (%v), want %q", got.Access, err, tt.want)
			}
		})
	}
}

func TestSpecWithAnIdentity(t *testing.T) {
	users := &atelier.Identity{Type: "UserAssigned", User: map[string]atelier.IdentityMember{"/a": {ClientID: "c1"}, "/b": {ClientID: "c2"}}}
	for _, tt := range []struct {
		name              string
		id                *atelier.Identity
		job               map[string]any
		env               map[string]string
		has, azure, deflt string
	}{
		{name: "none"},
		{name: "system", id: system, has: "c0", azure: "c0", deflt: "c0"},
		{name: "first-of-the-users", id: users, has: "c1", azure: "c1", deflt: "c1"},
		{name: "named-by-the-job", id: users, job: map[string]any{"identity": map[string]any{"identityType": "Managed", "clientId": "c2"}}, has: "c2", azure: "c2", deflt: "c2"},
		{name: "named-and-not-there", id: users, job: map[string]any{"identity": map[string]any{"identityType": "Managed", "clientId": "c9"}}, has: "c1", azure: "c1", deflt: "c1"},
		{name: "with-a-service-principal", id: system, env: map[string]string{"AZURE_CLIENT_ID": "mine", "DEFAULT_IDENTITY_CLIENT_ID": "mine"}, has: "c0", azure: "mine", deflt: "c0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := withIdentity(t, tt.id)
			j := newJob()
			j.Spec.Passthrough, j.Spec.Env = tt.job, tt.env
			b.place(j, 1, node1)
			s := b.desired(node1).Tasks[0].Spec
			if s.Identity != tt.has || s.Env["AZURE_CLIENT_ID"] != tt.azure || s.Env["DEFAULT_IDENTITY_CLIENT_ID"] != tt.deflt {
				t.Errorf("identity %q, AZURE_CLIENT_ID %q, DEFAULT_IDENTITY_CLIENT_ID %q", s.Identity, s.Env["AZURE_CLIENT_ID"], s.Env["DEFAULT_IDENTITY_CLIENT_ID"])
			}
		})
	}
}
