package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/atelier-compute/atelier"
)

// computeApply creates or changes a compute of any kind from the document that the
// REST API has for it. The studio's forms are copied as such a line.
func (a *App) computeApply() *cobra.Command {
	var file string
	var noWait bool
	var timeout time.Duration
	cmd := &cobra.Command{
		Use: "apply NAME -f FILE", Short: "Create or change a compute of any kind from the REST API's document, JSON or YAML",
		Example: "  atelier compute apply desk -f desk.json\n  atelier compute show desk -o json >desk.json; atelier compute apply desk -f desk.json",
		Args:    a.exactly("NAME"), ValidArgsFunction: a.names(false, computeNames),
		RunE: func(cmd *cobra.Command, args []string) error {
			if file == "" {
				return usage(a.say("compute.apply.nofile"))
			}
			body, err := a.computeDocument(file)
			if err != nil {
				return err
			}
			c, err := a.connect()
			if err != nil {
				return err
			}
			v, _, err := c.PutCompute(cmd.Context(), args[0], body)
			if err == nil && !noWait {
				v, err = a.waitProvisioned(cmd.Context(), c, args[0], timeout)
			}
			if err != nil {
				return a.fail(err, "cannot.apply", args[0])
			}
			fmt.Fprintln(a.Stderr, a.say("compute.applied", args[0]))
			return a.created(v)
		},
	}
	fl := cmd.Flags()
	fl.StringVarP(&file, "file", "f", "", "JSON or YAML of the body of a PUT, or - for standard input")
	fl.BoolVar(&noWait, "no-wait", false, "do not wait")
	fl.DurationVar(&timeout, "timeout", 0, "longest wait (default: none)")
	return cmd
}

// computeDocument reads the body of a PUT. JSON is YAML too, and so errors have
// their place in the file either way.
func (a *App) computeDocument(file string) (any, error) {
	name, src, err := a.readFile(file)
	if err != nil {
		return nil, err
	}
	f, root, err := openYAML(name, src)
	if err != nil {
		return nil, err
	}
	if t := schemaType(f, root); root.get("properties") == nil {
		if t == "amlcompute" {
			return nil, wrongType(name, t, "a document of the REST API")
		}
		return nil, atelier.Errorf(atelier.Invalid, "InvalidYaml", "%s is no document of the REST API: it has no \"properties\"", name)
	}
	return root.any(), nil
}
