package probe

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/ssh"
)

// inspect looks at what is on the machine.
func (r *run) inspect(ctx context.Context, c *ssh.Client) {
	for _, look := range []struct {
		name, command string
		judge         func(r *run, a answer) Check
	}{
		{Sudo, `if [ "$(id -u)" = 0 ]; then echo root; else sudo -n true; fi`, (*run).sudo},
		{Docker, `docker version --format '{{.Server.Version}}'`, (*run).docker},
		{GPU, `nvidia-smi -L`, (*run).gpu},
		{Disk, `df -P /`, (*run).disk},
	} {
		began := r.Now()
		a := execute(c, "LC_ALL=C; export LC_ALL; "+look.command)
		check := Check{Status: Failed, Code: "NoAnswer", Message: fmt.Sprintf("no answer within %s", timeLimit), Help: "the machine may be busy; test again"}
		switch {
		case ctx.Err() != nil:
		case a.err != nil:
			check.Code = "CommandFailed"
			check.Message, check.Detail, check.Help = "the command could not be run", a.err.Error(), "let the user run commands over SSH: no ForceCommand, and a shell that is one"
		default:
			check = look.judge(r, a)
		}
		check.Name = look.name
		r.add(began, check)
	}
}

// answer is what a command printed, and how it ended.
type answer struct {
	out, errs string
	code      int
	err       error // it was not run to its end
}

// missing reports whether the shell did not find the command.
func (a answer) missing() bool { return a.code == 127 }

func (a answer) says(words ...string) bool {
	for _, w := range words {
		if strings.Contains(strings.ToLower(a.errs+a.out), w) {
			return true
		}
	}
	return false
}

// execute runs a command by a POSIX shell, whatever the user's own is.
func execute(c *ssh.Client, command string) (a answer) {
	s, err := c.NewSession()
	if err != nil {
		return answer{err: err}
	}
	defer s.Close()
	out, errs := limited{over: s.Close}, limited{over: s.Close}
	s.Stdout, s.Stderr = &out, &errs
	err = s.Run("sh -c '" + strings.ReplaceAll(command, "'", `'\''`) + "'")
	a = answer{out: string(out.text), errs: string(errs.text)}
	var exit *ssh.ExitError
	switch {
	case out.full, errs.full:
		a.err = errTooMuch
	case errors.As(err, &exit) && exit.Signal() == "":
		a.code = exit.ExitStatus()
	case err != nil:
		a.err = err
	}
	return a
}

var errTooMuch = fmt.Errorf("it printed more than %d bytes", maxOutput)

// limited takes so much and no more: a machine may say anything.
type limited struct {
	text []byte
	full bool
	over func() error // ends what prints
}

func (l *limited) Write(p []byte) (int, error) {
	if len(l.text)+len(p) > maxOutput {
		if !l.full {
			l.full = true
			_ = l.over() // it is of no use any more
		}
		return 0, errTooMuch
	}
	l.text = append(l.text, p...)
	return len(p), nil
}

func (r *run) sudo(a answer) Check {
	user := Params{"user": r.User}
	help := Check{
		Status: Failed, Code: "SudoDenied", Params: user, Detail: a.errs, Help: "let the user run everything without being asked",
		Command: fmt.Sprintf("echo '%s ALL=(ALL) NOPASSWD:ALL' | sudo tee /etc/sudoers.d/atelier", r.User),
	}
	switch {
	case a.code == 0 && strings.TrimSpace(a.out) == "root":
		return Check{Status: OK, Code: "IsRoot", Params: user, Message: r.User + " is root and needs no sudo"}
	case a.code == 0:
		return Check{Status: OK, Code: "SudoWorks", Params: user, Message: r.User + " may use sudo without a password"}
	case a.missing():
		help.Code, help.Message = "SudoMissing", "sudo is missing"
		help.Help, help.Command = "install it as root, or sign in as root", "apt-get install sudo && usermod -aG sudo "+r.User
	case a.says("password is required", "a terminal is required"):
		help.Code, help.Message = "SudoAsks", "sudo asks "+r.User+" for a password"
	default:
		help.Message = r.User + " may not use sudo"
	}
	return help
}

func (r *run) docker(a answer) Check {
	version := strings.TrimSpace(a.out)
	bad := func(code, message, help, command string) Check {
		return Check{Status: Failed, Code: code, Params: Params{"user": r.User}, Message: message, Detail: a.errs, Help: help, Command: command}
	}
	switch {
	case a.code == 0 && version != "":
		return Check{Status: OK, Code: "DockerWorks", Params: Params{"version": clean(version, 40)}, Message: "Docker " + clean(version, 40)}
	case a.missing():
		return bad("DockerMissing", "docker is missing", "install it: apt-get install docker.io on Debian and Ubuntu, dnf install docker elsewhere", "sudo apt-get install -y docker.io")
	case a.says("permission denied"):
		return bad("DockerDenied", r.User+" may not use docker", "add the user to the group docker; it counts from the next sign-in", "sudo usermod -aG docker "+r.User)
	case a.says("cannot connect to the docker daemon", "is the docker daemon running"):
		return bad("DockerStopped", "docker is there, and its daemon does not run", "start it, now and at every start of the machine", "sudo systemctl enable --now docker")
	}
	return bad("DockerBroken", "docker does not work", "run docker version there and see what it says", "docker version")
}

// gpu counts lines such as "GPU 0: NVIDIA GeForce RTX 4090 (UUID: GPU-…)".
func (r *run) gpu(a answer) Check {
	models, order := map[string]int{}, []string{}
	for line := range strings.Lines(a.out) {
		_, model, ok := strings.Cut(line, ": ")
		model, _, named := strings.Cut(model, " (UUID")
		if !strings.HasPrefix(line, "GPU ") || !ok || !named {
			continue
		}
		model = clean(strings.TrimPrefix(model, "NVIDIA "), 60)
		if models[model] == 0 {
			order = append(order, model)
		}
		models[model]++
	}
	var words []string
	for _, model := range order {
		words = append(words, fmt.Sprintf("%d × %s", models[model], model))
	}
	switch {
	case a.missing():
		return Check{Status: Skipped, Code: "NoGPUDriver", Message: "no NVIDIA driver: jobs there have no GPU", Help: "if the machine has GPUs, install the driver", Command: "sudo ubuntu-drivers install"}
	case a.code != 0:
		return Check{
			Status: Warning, Code: "GPUDriverBroken", Message: "the NVIDIA driver does not work", Detail: a.out + a.errs,
			Help: "restart the machine after an update of the driver, or install the driver anew", Command: "nvidia-smi",
		}
	case len(words) == 0:
		return Check{Status: Skipped, Code: "NoGPU", Message: "no GPU", Detail: a.out}
	}
	return Check{Status: OK, Code: "GPUs", Params: Params{"gpus": strings.Join(words, ", ")}, Message: strings.Join(words, ", ")}
}

// minFree is how much must be free for an image and what a job writes.
const minFree = 10 << 30

// disk reads the second line of df: file system, 1024-blocks, used, available, …
func (r *run) disk(a answer) Check {
	lines := strings.Split(strings.TrimSpace(a.out), "\n")
	fields := strings.Fields(lines[len(lines)-1])
	if a.code != 0 || len(lines) < 2 || len(fields) < 6 {
		return Check{Status: Warning, Code: "DiskUnknown", Message: "how much of the disk is free is not known", Detail: a.out + a.errs, Help: "run df there and see what it says", Command: "df -P /"}
	}
	size, err1 := strconv.ParseInt(fields[1], 10, 64)
	free, err2 := strconv.ParseInt(fields[3], 10, 64)
	if err1 != nil || err2 != nil || size <= 0 || free < 0 {
		return Check{Status: Warning, Code: "DiskUnknown", Message: "how much of the disk is free is not known", Detail: a.out, Help: "run df there and see what it says", Command: "df -P /"}
	}
	c := Check{Status: OK, Code: "DiskFree", Params: Params{"free": gib(free), "size": gib(size)}, Message: fmt.Sprintf("%s of %s free", gib(free), gib(size))}
	if free < minFree>>10 {
		c.Code, c.Status, c.Help, c.Command = "DiskLow", Warning, "images and outputs of jobs take some space: free at least "+gib(minFree>>10), "docker system prune"
	}
	return c
}

func gib(kib int64) string { return fmt.Sprintf("%.1f GiB", float64(kib)/(1<<20)) }
