package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/client"
)

// logWriter is where a log goes: a terminal gets it without control sequences, a
// file or a pipe as it is. With -o json and the like, stdout is for the object.
func (a *App) logWriter(stdout bool) io.Writer {
	switch {
	case stdout && a.outTTY:
		return &filter{to: a.Stdout, sgr: a.colour}
	case stdout:
		return a.Stdout
	case a.errTTY:
		return &filter{to: a.Stderr, sgr: a.colour}
	}
	return a.Stderr
}

// logFlags pick what is printed of a job's logs.
type logFlags struct {
	follow, list  bool
	file          string
	attempt, rank int
	tail          int
}

func (a *App) logsCommand(use string) *cobra.Command {
	var f logFlags
	cmd := &cobra.Command{
		Use: use, Short: "Print the log of a job", Args: a.exactly("JOB"), ValidArgsFunction: a.names(false, jobNames),
		Long: "Print what a job says: the making of its environment, then its own words, over all attempts.\n--file prints one of its log files, --list names them.",
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			err = a.logs(cmd.Context(), c, args[0], f)
			if err != nil && interrupted(cmd.Context()) {
				if j, jerr := c.Job(context.WithoutCancel(cmd.Context()), args[0]); jerr == nil && !client.Terminal(j.Properties.Status) {
					return a.goesOn(args[0])
				}
				return quiet(exitInterrupted)
			}
			return a.fail(a.notFound(cmd.Context(), err, args[0], jobNames), "cannot.job.logs", args[0])
		},
	}
	fl := cmd.Flags()
	fl.BoolVarP(&f.follow, "follow", "f", false, "go on until the job has ended")
	fl.BoolVar(&f.list, "list", false, "list the job's log files")
	fl.StringVar(&f.file, "file", "", "print this log file")
	fl.IntVar(&f.attempt, "attempt", 0, "of this attempt (default: the last)")
	fl.IntVar(&f.rank, "rank", 0, "of this node of the job")
	fl.IntVar(&f.tail, "tail", -1, "only the last so many lines")
	return cmd
}

func (a *App) logs(ctx context.Context, c *client.Client, name string, f logFlags) error {
	if f.follow && f.tail >= 0 {
		return usage("--tail and --follow do not go together yet; leave one out")
	}
	if f.list {
		l := listing{columns: []column{{head: "FILE"}, {head: "ATTEMPT"}, {head: "RANK"}, {head: "SIZE"}}, empty: a.say("job.logs.none", name, a.status(ctx, c, name))}
		for v, err := range c.LogFiles(ctx, name) {
			if err != nil {
				return err
			}
			l.rows = append(l.rows, row{v.Name, []string{v.Name, fmt.Sprint(v.Attempt), fmt.Sprint(v.Rank), bytesText(v.Size)}, v.Raw})
		}
		return a.list(l)
	}
	count := &counter{to: a.logWriter(true)}
	var tail *tailer
	if f.tail >= 0 {
		tail = &tailer{lines: f.tail}
		count.to = tail
	}
	var err error
	if f.file != "" || f.attempt > 0 || f.rank > 0 {
		err = c.Log(ctx, name, firstOf(f.file, "user_logs/std_log.txt"), client.LogQuery{Attempt: f.attempt, Rank: f.rank, Follow: f.follow}, count)
	} else {
		err = c.Output(ctx, name, f.follow, count)
	}
	if err != nil {
		return err
	}
	if tail != nil {
		if _, err := a.logWriter(true).Write(tail.bytes()); err != nil {
			return fmt.Errorf("print the log: %w", err)
		}
	}
	if count.n == 0 {
		fmt.Fprintln(a.Stderr, a.say("job.logs.none", name, a.status(ctx, c, name)))
	}
	return nil
}

func (a *App) status(ctx context.Context, c *client.Client, name string) string {
	j, err := c.Job(ctx, name)
	if err != nil {
		return "?"
	}
	return j.Properties.Status
}

type counter struct {
	to io.Writer
	n  int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.n += int64(n)
	return n, err
}

// tailer keeps the last lines of what is written to it.
type tailer struct {
	lines int
	buf   []byte
}

const tailSlack = 1 << 20

func (t *tailer) Write(p []byte) (int, error) {
	t.buf = append(t.buf, p...)
	if len(t.buf) > tailSlack {
		t.buf = append([]byte(nil), t.bytes()...)
	}
	return len(p), nil
}

func (t *tailer) bytes() []byte {
	if t.lines == 0 {
		return nil
	}
	at := len(bytes.TrimSuffix(t.buf, []byte("\n")))
	for n := 0; n < t.lines && at >= 0; n++ {
		at = bytes.LastIndexByte(t.buf[:at], '\n')
	}
	return t.buf[at+1:]
}

func (a *App) jobOutputs() *cobra.Command {
	return &cobra.Command{
		Use: "outputs JOB", Short: "List the files that a job left", Args: a.exactly("JOB"), ValidArgsFunction: a.names(false, jobNames),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			l := listing{columns: []column{{head: "PATH"}, {head: "SIZE"}}, empty: a.say("job.outputs.none", args[0])}
			for v, err := range c.Outputs(args[0]).List(cmd.Context()) {
				if err != nil {
					return a.fail(a.notFound(cmd.Context(), err, args[0], jobNames), "cannot.job.show", args[0])
				}
				l.rows = append(l.rows, row{v.Path, []string{v.Path, bytesText(v.Size)}, v.Raw})
			}
			return a.list(l)
		},
	}
}

func (a *App) jobDownload() *cobra.Command {
	var dir string
	var overwrite, code bool
	cmd := &cobra.Command{
		Use: "download JOB", Short: "Download the files that a job left, or the code that went with it", Args: a.exactly("JOB"), ValidArgsFunction: a.names(false, jobNames),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			files, none := c.Outputs(args[0]), a.say("job.outputs.none", args[0])
			if code {
				files, none, err = a.codeOf(cmd.Context(), c, args[0])
			}
			if err == nil {
				err = a.download(cmd.Context(), files, none, firstOf(dir, args[0]), overwrite)
			}
			return a.fail(a.notFound(cmd.Context(), err, args[0], jobNames), "cannot.job.download", args[0])
		},
	}
	cmd.Flags().StringVarP(&dir, "path", "p", "", "folder to put them in (default: one named after the job)")
	cmd.Flags().BoolVar(&overwrite, "overwrite", false, "replace files that exist")
	cmd.Flags().BoolVar(&code, "code", false, "the code that went with the job, instead of what it left")
	return cmd
}

// codeOf finds the code that went with a job; none is what to say if there is none.
func (a *App) codeOf(ctx context.Context, c *client.Client, name string) (files client.Files, none string, err error) {
	none = a.say("job.code.none", name)
	j, err := c.Job(ctx, name)
	if err != nil {
		return files, none, err
	}
	parts := strings.Split(j.Properties.CodeID, "/")
	if n := len(parts); n > 3 {
		return c.Code(parts[n-3], parts[n-1]), none, nil
	}
	return files, none, usage(none)
}

// download writes the files below dir and nowhere else, whatever the server calls
// them.
func (a *App) download(ctx context.Context, from client.Files, none, dir string, overwrite bool) error {
	files, err := client.Collect(from.List(ctx), 0)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		fmt.Fprintln(a.Stderr, none)
		return nil
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("make the folder: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("open the folder: %w", err)
	}
	defer root.Close()
	var total int64
	for _, f := range files {
		n, err := a.fetch(ctx, from, root, f.Path, overwrite)
		if err != nil {
			return err
		}
		total += n
	}
	fmt.Fprintln(a.Stderr, a.say("job.downloaded", a.files(len(files)), bytesText(total), dir))
	return nil
}

// fetch writes one file under a name of its own and renames it when it is whole.
func (a *App) fetch(ctx context.Context, from client.Files, root *os.Root, path string, overwrite bool) (int64, error) {
	local := filepath.FromSlash(path)
	if !filepath.IsLocal(local) {
		return 0, atelier.Errorf(atelier.Invalid, "InvalidPath", "the job left a file called %q, which lies outside of the folder; it was not written", path)
	}
	if _, err := root.Lstat(local); err == nil && !overwrite {
		return 0, usage(a.say("job.download.exist", filepath.Join(root.Name(), local)))
	}
	if err := root.MkdirAll(filepath.Dir(local), 0o777); err != nil {
		return 0, fmt.Errorf("make the folder of %s: %w", path, err)
	}
	r, _, err := from.Open(ctx, path)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	part := local + ".part"
	w, err := root.Create(part)
	if err != nil {
		return 0, fmt.Errorf("write %s: %w", path, err)
	}
	n, err := io.Copy(w, r)
	if cerr := w.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = root.Rename(part, local)
	}
	if err != nil {
		_ = root.Remove(part)
		return 0, fmt.Errorf("write %s: %w", path, err)
	}
	if a.output == "name" {
		fmt.Fprintln(a.Stdout, filepath.Join(root.Name(), local))
	}
	return n, nil
}
