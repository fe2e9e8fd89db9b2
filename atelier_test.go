package atelier

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestIDInverses(t *testing.T) {
	segment := rapid.StringMatching(`[A-Za-z0-9~:._-]{1,12}`)
	rapid.Check(t, func(t *rapid.T) {
		parent := WorkspaceID(segment.Draw(t, "sub"), segment.Draw(t, "rg"), segment.Draw(t, "ws"))
		for range rapid.IntRange(0, 3).Draw(t, "depth") {
			parent = parent.Child(segment.Draw(t, "collection"), segment.Draw(t, "name"))
		}
		collection, name := segment.Draw(t, "collection"), segment.Draw(t, "name")
		id := parent.Child(collection, name)
		if id.Parent() != parent || id.Name() != strings.ToLower(name) || id.Kind() != collection {
			t.Fatalf("%q: parent %q, kind %q, name %q; made of %q, %q, %q", id, id.Parent(), id.Kind(), id.Name(), parent, collection, name)
		}
		if again := id.Parent().Child(id.Kind(), id.Name()); again != id {
			t.Fatalf("%q was put together again as %q", id, again)
		}
		if collection != KindWorkspace && id.Workspace() != parent.Workspace() {
			t.Fatalf("%q is in %q, its parent in %q", id, id.Workspace(), parent.Workspace())
		}
	})
}

func TestIDPath(t *testing.T) {
	ws := WorkspaceID("s", "g", "w")
	for id, want := range map[ID]string{ws.Child("computes", "Gpu"): "computes/gpu", ws.Child("computes", "c").Child("nodes", "n"): "computes/c/nodes/n", "principals/p": "principals/p"} {
		if got := id.Path(); got != want {
			t.Errorf("path of %s is %q, want %q", id, got, want)
		}
	}
}

func TestIDAtTheTop(t *testing.T) {
	ws := WorkspaceID("Sub", "RG", "Ws")
	if ws != "workspaces/sub~rg~ws" || ws.Parent() != "" || ws.Kind() != KindWorkspace || ws.Name() != "sub~rg~ws" {
		t.Errorf("workspace %q: parent %q, kind %q, name %q", ws, ws.Parent(), ws.Kind(), ws.Name())
	}
	if p := ID("principals/p1"); p.Kind() != KindPrincipal || p.Name() != "p1" || p.Parent() != "" || p.Workspace() != "" {
		t.Errorf("principal %q: parent %q, kind %q, workspace %q", p, p.Parent(), p.Kind(), p.Workspace())
	}
	if id := ID(""); id.Name() != "" || id.Parent() != "" || id.Kind() != "" || id.Above(KindCompute) != "" {
		t.Errorf("the empty ID is not empty")
	}
}

func TestIDAbove(t *testing.T) {
	node := WorkspaceID("s", "g", "w").Child(KindCompute, "gpu").Child(KindNode, "gpu-1")
	for kind, want := range map[string]ID{
		KindNode:      node,
		KindCompute:   node.Parent(),
		KindWorkspace: "workspaces/s~g~w",
		KindJob:       "",
	} {
		if got := node.Above(kind); got != want {
			t.Errorf("above %s: %q, want %q", kind, got, want)
		}
	}
}

func TestNewKnowsEveryKind(t *testing.T) {
	for _, kind := range []string{
		KindWorkspace, KindCompute, KindNode, KindJob, KindTask, KindCode,
		KindEnvironment, KindData, KindOperation, KindPrincipal,
	} {
		r := New(kind)
		if r == nil {
			t.Fatalf("New(%q) is nil", kind)
		}
		r.Head().Name = "x"
		if r.Head().Name != "x" {
			t.Errorf("%s: Head is a copy", kind)
		}
		r.Index()
	}
	if r := New("nothings"); r != nil {
		t.Errorf("New of no kind is %T", r)
	}
}

func TestTaskOrder(t *testing.T) {
	order := []TaskState{"", TaskAssigned, TaskPreparing, TaskRunning, TaskFinalizing, TaskEnded}
	for i, s := range order {
		if s.Order() != i-1 {
			t.Errorf("order of %q is %d, want %d", s, s.Order(), i-1)
		}
	}
	if TaskName(2, 0) != "2-0" {
		t.Errorf("TaskName(2, 0) = %q", TaskName(2, 0))
	}
}
