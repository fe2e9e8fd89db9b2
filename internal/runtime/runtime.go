// Package runtime is the contract for running one task on a node. Implementations
// live in sub-packages; runtimetest holds the suite that all of them must pass.
package runtime

import (
	"context"
	"io"
	"time"
)

// Runtime runs commands. Its methods are safe for concurrent use.
type Runtime interface {
	// Start starts the task's command, unless a task of that ID was ever started
	// here: then it does nothing, whatever became of it. That holds over a kill of
	// the caller at any moment: a task's command is started at most once.
	Start(ctx context.Context, t Task) error

	// Stop asks the command to end (SIGTERM), and ends it and everything that it
	// started (SIGKILL) when it has not ended after grace. It returns at once, or
	// nil if there is nothing to stop.
	Stop(ctx context.Context, id string, grace time.Duration) error

	// List returns all tasks that were started here and not removed, in order of
	// ID, also those started by an earlier process: they are taken over.
	List(ctx context.Context) ([]State, error)

	// Remove forgets an ended task. Removing an unknown one is not an error.
	Remove(ctx context.Context, id string) error

	// Changed receives, coalesced, when List would answer differently.
	Changed() <-chan struct{}
}

// Task is a command to run.
type Task struct {
	ID      string   // [A-Za-z0-9._-]
	Command string   // for /bin/sh -c (bash where there is one)
	Dir     string   // working directory, absolute
	Env     []string // the whole environment, "K=V"
	Output  string   // file that stdout and stderr are appended to, absolute
}

// State is a task as a Runtime sees it.
type State struct {
	ID        string
	Running   bool
	PID       int // of the command's process group, while running
	StartedAt time.Time
	EndedAt   time.Time
	ExitCode  int    // 128+n after signal n; meaningful when not Running and Lost is ""
	Lost      string // why the end is not known, in words: "killed from outside (out of memory?)"
}

// Environments makes the Python that tasks run with.
type Environments interface {
	// Prepare makes the environment ready, once for all tasks that ask for the
	// same content, and returns the variables to run a command in it ("PATH=…",
	// "VIRTUAL_ENV=…"). What it does is told in log, line by line. An environment
	// that cannot be made here is an atelier.Error that says which part and why.
	Prepare(ctx context.Context, e Environment, log io.Writer) (vars []string, err error)
}

// Environment is what a task's user asked for; all empty is the host's own Python.
type Environment struct {
	Name  string
	Image string // container image
	Conda string // conda file, YAML text
	Pip   string // requirements.txt, text
}
