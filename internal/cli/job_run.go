package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/client"
)

func (a *App) jobSubmit() *cobra.Command {
	var file, name, compute string
	var sets []string
	var stream, dry bool
	cmd := &cobra.Command{
		Use: "submit -f FILE", Aliases: []string{"create"}, Short: "Submit the job that a YAML file describes", Args: a.exactly(), ValidArgsFunction: nothing,
		Example: "  atelier job submit -f job.yml --stream\n  atelier job submit -f job.yml --set inputs.epochs=3 --set compute=gpu",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file == "" {
				return usage(a.say("usage.missing", "-f FILE", cmd.UseLine()))
			}
			shown, src, err := a.readFile(file)
			if err != nil {
				return err
			}
			dir := "."
			if file != "-" {
				dir = filepath.Dir(file)
			}
			j, err := readJob(shown, dir, src, sets)
			if err != nil {
				return err
			}
			j.Name, j.Compute = firstOf(name, j.Name), firstOf(compute, j.Compute)
			return a.submit(cmd.Context(), j, stream, dry)
		},
	}
	fl := cmd.Flags()
	fl.StringVarP(&file, "file", "f", "", "YAML of Azure ML's commandJob schema, or - for standard input")
	fl.StringVar(&name, "name", "", "name of the job (default: that of the file, else random words)")
	fl.StringVar(&compute, "compute", "", "compute to run on, instead of that of the file")
	fl.StringArrayVar(&sets, "set", nil, "set a key of the file, as path=value; may be repeated")
	fl.BoolVar(&stream, "stream", false, "print the job's log until it has ended; the exit code is then 1 if it failed")
	fl.BoolVar(&dry, "dry-run", false, "show what would be sent, and send nothing")
	_ = cmd.RegisterFlagCompletionFunc("compute", a.names(true, computeNames))
	return cmd
}

// runFlags are the flags that describe a job without a file.
type runFlags struct {
	compute, name, display, experiment, code, environment string
	env, tags                                             []string
	instances                                             int
	timeout                                               time.Duration
	noCode, noStream, dry                                 bool
}

func (a *App) jobRun() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use: "run --compute NAME -- COMMAND…", Short: "Run a command as a job and print its log", Args: cobra.ArbitraryArgs, ValidArgsFunction: cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault),
		Long: "Run a command as a job and print its log until it has ended.\n" +
			"The folder that --code names goes with it. Without --code, this folder goes when the\n" +
			"command names a file in it. One argument after -- is a command line for the shell;\n" +
			"several are the words of one command.",
		Example: "  atelier job run --compute cpu -- python train.py --epochs 3\n  atelier job run --compute cpu --environment requirements.txt -- 'python prepare.py && python train.py'",
		RunE: func(cmd *cobra.Command, args []string) error {
			j, err := a.runJob(&f, args)
			if err != nil {
				return err
			}
			return a.submit(cmd.Context(), j, !f.noStream, f.dry)
		},
	}
	fl := cmd.Flags()
	fl.SetInterspersed(false)
	fl.StringVar(&f.compute, "compute", "", "compute to run on")
	fl.StringVar(&f.name, "name", "", "name of the job (default: random words)")
	fl.StringVar(&f.display, "display-name", "", "display name")
	fl.StringVar(&f.experiment, "experiment", "", "experiment that it belongs to")
	fl.StringVar(&f.code, "code", "", "folder that goes with the job")
	fl.BoolVar(&f.noCode, "no-code", false, "no folder goes with the job")
	fl.StringVar(&f.environment, "environment", "", "a conda file (.yml), a requirements.txt, or azureml:NAME:VERSION")
	fl.StringArrayVar(&f.env, "env", nil, "environment variable, as NAME=value; may be repeated")
	fl.StringArrayVar(&f.tags, "tag", nil, "tag, as key=value; may be repeated")
	fl.IntVar(&f.instances, "instances", 1, "nodes that run it, all at once")
	fl.DurationVar(&f.timeout, "timeout", 0, "longest time that it may run, for example 2h")
	fl.BoolVar(&f.noStream, "no-stream", false, "submit only; do not print the log")
	fl.BoolVar(&f.dry, "dry-run", false, "show what would be sent, and send nothing")
	_ = cmd.RegisterFlagCompletionFunc("compute", a.names(true, computeNames))
	return cmd
}

// runJob is the job that the flags and the words after -- describe.
func (a *App) runJob(f *runFlags, args []string) (*jobFile, error) {
	if len(args) == 0 || strings.TrimSpace(strings.Join(args, "")) == "" {
		return nil, usage(a.say("job.nocommand"))
	}
	if f.instances < 1 {
		return nil, usage("--instances must be 1 or more")
	}
	j := &jobFile{Dir: ".", Name: f.name, DisplayName: f.display, Experiment: f.experiment, Compute: f.compute, Instances: f.instances, Timeout: f.timeout, Code: f.code}
	if j.Command = args[0]; len(args) > 1 {
		j.Command = quoteArgs(args)
	}
	if f.code == "" && !f.noCode && namesAFile(args) {
		j.Code = "."
	}
	var err error
	if j.Env, err = pairs("--env", f.env); err != nil {
		return nil, err
	}
	if j.Tags, err = pairs("--tag", f.tags); err != nil {
		return nil, err
	}
	switch e := f.environment; {
	case e == "":
	case strings.HasPrefix(e, "azureml:"), strings.HasPrefix(e, "/subscriptions/"):
		j.Environment.Ref = e
	case strings.HasSuffix(e, ".yml"), strings.HasSuffix(e, ".yaml"):
		j.Environment.CondaPath = e
	case strings.HasSuffix(e, ".txt"):
		j.Environment.PipPath = e
	default:
		return nil, usage("--environment " + e + ": give a conda file (.yml), a requirements file (.txt) or azureml:NAME:VERSION")
	}
	return j, nil
}

// namesAFile reports whether a word of the command is a file below this folder.
func namesAFile(args []string) bool {
	for _, word := range strings.Fields(strings.Join(args, " ")) {
		word = strings.Trim(word, `"';`)
		if !filepath.IsLocal(word) || word == "." {
			continue
		}
		if info, err := os.Stat(word); err == nil && info.Mode().IsRegular() {
			return true
		}
	}
	return false
}

// submit sends the job, and follows it if asked to.
func (a *App) submit(ctx context.Context, j *jobFile, stream, dry bool) error {
	if j.Name == "" {
		j.Name = a.NewName()
	}
	c, err := a.connect()
	if err != nil {
		return err
	}
	body, err := (&submission{app: a, c: c, job: j, dry: dry}).body(ctx)
	if err != nil {
		return a.fail(err, "cannot.submit", j.Name)
	}
	if dry {
		return a.dryRun(c.Path("jobs", j.Name), body)
	}
	v, err := c.PutJob(ctx, j.Name, body)
	if err != nil {
		if client.IsCode(err, "ComputeNotFound") {
			err = a.notFound(ctx, err, lastSegment(strings.TrimPrefix(j.Compute, "azureml:")), computeNames)
		}
		return a.fail(err, "cannot.submit", j.Name)
	}
	fmt.Fprintln(a.Stderr, a.say("job.submitted", plain(v.Name), plain(lastSegment(v.Properties.ComputeID))))
	if stream {
		return a.follow(ctx, c, v.Name)
	}
	fmt.Fprintln(a.Stderr, a.say("job.follow", plain(v.Name)))
	if a.output == "table" {
		_, err = fmt.Fprintln(a.Stdout, plain(v.Name))
		return err
	}
	return a.one(v.Name, v.Raw, func(d *detail) { a.jobDetail(d, v) })
}

// follow prints a job's log until it has ended, its stages and reasons to wait on
// stderr, and ends with an error if the job did.
func (a *App) follow(ctx context.Context, c *client.Client, name string) error {
	watch, stop := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() { a.stages(watch, c, name) })
	err := c.Output(ctx, name, true, a.logWriter(a.output == "table" || a.output == "wide"))
	stop()
	done.Wait()
	if err != nil {
		if interrupted(ctx) {
			return a.goesOn(name)
		}
		return a.fail(err, "cannot.job.logs", name)
	}
	var j *client.Job
	err = a.look(ctx, func() (bool, error) {
		var err error
		j, err = c.Job(ctx, name)
		return err == nil && client.Terminal(j.Properties.Status), err
	})
	if interrupted(ctx) {
		return a.goesOn(name)
	}
	if err != nil {
		return a.fail(err, "cannot.job.show", name)
	}
	return a.ended(j)
}

// ended reports how the job ended.
func (a *App) ended(j *client.Job) error {
	p := j.Properties
	if a.output != "table" && a.output != "wide" {
		if err := a.one(j.Name, j.Raw, nil); err != nil {
			return err
		}
	}
	if p.Status == "Completed" {
		fmt.Fprintln(a.Stderr, a.say("job.completed", plain(j.Name), firstOf(a.ran(p), "0s")))
		return nil
	}
	why := atelier.Errorf(atelier.Transient, "Job"+p.Status, "%s", a.say("job.noreason"))
	if p.Error != nil && p.Error.Message != "" {
		why.Code, why.Message = firstOf(p.Error.Code, why.Code), p.Error.Message
	}
	key := "job.failed"
	if p.Status == "Canceled" {
		key = "job.canceled"
	}
	return a.fail(&jobError{why}, key, j.Name)
}

// jobError is the end of a job that did not complete; its exit code is always 1.
type jobError struct{ why *atelier.Error }

func (e *jobError) Error() string { return e.why.Message }

// goesOn says what Ctrl-C did not do.
func (a *App) goesOn(name string) error {
	fmt.Fprintln(a.Stderr, a.say("job.goeson", name))
	fmt.Fprintln(a.Stderr, a.say("job.goeson.how", name, name))
	return quiet(exitInterrupted)
}

// stages prints each change of the job's status and of why it waits.
func (a *App) stages(ctx context.Context, c *client.Client, name string) {
	last := ""
	_ = a.look(ctx, func() (bool, error) { // an error shows in the log's stream
		j, err := c.Job(ctx, name)
		if err != nil {
			var gone *client.Unreachable
			if errors.As(err, &gone) {
				return false, nil
			}
			return false, err
		}
		line := a.say("job.state", plain(name), plain(j.Properties.Status))
		if len(j.Properties.Reasons) > 0 && !client.Terminal(j.Properties.Status) {
			line += " · " + a.reasonText(j.Properties.Reasons[0])
		}
		if line != last {
			last = line
			fmt.Fprintln(a.Stderr, line)
		}
		return client.Terminal(j.Properties.Status), nil
	})
}

// randomName makes a name for a job as Azure's clients do: two words and some
// letters.
func randomName() string {
	pick := func(n int) int {
		i, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
		if err != nil {
			return 0
		}
		return int(i.Int64())
	}
	first := strings.Fields("amber brave bright calm clever cool crisp eager fair fine gentle gold green happy jolly keen kind lively lucky mild neat noble olive patient polite proud quick quiet red sharp shy sleepy smart snowy solid sunny sweet swift teal tidy warm wise witty")
	second := strings.Fields("apple arrow badge basil bean bee bell berry bird boat bridge brook cactus candle cloud clover comet coral crane drum eagle ear fern fig flute forest garden ginger goat grape hat heart hill honey ivy kale kite lamp leaf lemon lily lion map melon moon nut oak onion owl peach pear pen plum pond rain reef river rose sail seal shell sky snail star stone sun tree tulip vase wave wind")
	const letters = "bcdfghjklmnpqrstvwxyz0123456789"
	tail := make([]byte, 10)
	for i := range tail {
		tail[i] = letters[pick(len(letters))]
	}
	return first[pick(len(first))] + "_" + second[pick(len(second))] + "_" + string(tail)
}
