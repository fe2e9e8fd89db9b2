// Command bench measures the budgets of docs/performance.md against the real binary:
// a server of its own for each section, driven over HTTPS by the Go client, beside
// the floors of the same machine in the same run (starting a process, appending to a
// file and syncing it). Run it with `make bench`.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
)

// bench is one run.
type bench struct {
	atelier string // the binary
	dir     string // scratch, on the disk that is measured
	short   bool
	report  *report
	floors  floors
}

// section measures one thing, usually on a server of its own.
type section struct {
	name string
	run  func(*bench, context.Context) error
}

func sections() []section {
	return []section{
		{"start", (*bench).start},
		{"warm", (*bench).warm},
		{"zero", (*bench).fromZero},
		{"submits", (*bench).submits},
		{"batch", (*bench).batch},
		{"noop", (*bench).noop},
		{"api", (*bench).api},
		{"memory", (*bench).memory},
		{"recovery", (*bench).recovery},
		{"logs", (*bench).logs},
		{"silence", (*bench).silence},
		{"blobs", (*bench).blobs},
		{"gets", (*bench).gets},
		{"listing", (*bench).listing},
		{"python", (*bench).python},
		{"packages", (*bench).packages},
	}
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}

func run() error {
	b := &bench{report: &report{out: os.Stdout}}
	flag.StringVar(&b.atelier, "atelier", "bin/atelier", "the binary to measure")
	flag.StringVar(&b.dir, "dir", "test/results/bench", "scratch folder, on the disk to measure")
	flag.BoolVar(&b.short, "short", false, "fewer and smaller rounds: minutes become seconds, and figures rough")
	only := flag.String("only", "", "sections to run, separated by commas; all of them: "+names())
	flag.BoolVar(&b.report.markdown, "markdown", false, "print the table as Markdown")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := b.prepare(); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	return b.all(ctx, *only)
}

func names() string {
	var list []string
	for _, s := range sections() {
		list = append(list, s.name)
	}
	return strings.Join(list, ", ")
}

func (b *bench) prepare() (err error) {
	if b.atelier, err = filepath.Abs(b.atelier); err != nil {
		return err
	}
	if _, err := os.Stat(b.atelier); err != nil {
		return fmt.Errorf("find the binary: %w; `make build` makes it", err)
	}
	if err := os.MkdirAll(b.dir, 0o755); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp(b.dir, "run"); err != nil {
		return err
	}
	b.dir, err = filepath.Abs(b.dir)
	return err
}

func (b *bench) all(ctx context.Context, only string) error {
	fmt.Printf("%s/%s, %d processors, load %s\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), load())
	var err error
	if b.floors, err = measureFloors(b.dir, b.rounds(5, 5)); err != nil {
		return fmt.Errorf("measure the floors: %w", err)
	}
	b.floors.print()
	b.report.header()
	var failed []string
	for _, s := range sections() {
		if only != "" && !slices.Contains(strings.Split(only, ","), s.name) {
			continue
		}
		if err := s.run(b, ctx); err != nil {
			if ctx.Err() != nil {
				return errors.New("interrupted")
			}
			failed = append(failed, s.name)
			fmt.Printf("%s: not measured: %v\n", s.name, err)
		}
	}
	b.report.summary()
	if len(failed) > 0 {
		return fmt.Errorf("not measured: %s", strings.Join(failed, ", "))
	}
	return nil
}

// rounds picks a number by the length of the run.
func (b *bench) rounds(full, short int) int {
	if b.short {
		return short
	}
	return full
}

// load is the system's load average, where it can be had.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(text))[:3], " ")
}
