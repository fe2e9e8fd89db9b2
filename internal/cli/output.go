package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/goccy/go-yaml"

	"github.com/atelier-compute/atelier"
)

// formats are the values of --output.
var formats = []string{"table", "wide", "json", "jsonl", "yaml", "csv", "name"}

// shellFormat is one more, of `atelier env` alone.
const shellFormat = "shell"

// column is one column of a table; a wide one is shown with -o wide and -o csv only.
type column struct {
	head string
	wide bool
}

// row is one line: what it is called, its cells, and the API's own object.
type row struct {
	name  string
	cells []string
	raw   json.RawMessage
}

// listing is what a command that lists shows.
type listing struct {
	columns []column
	rows    []row
	empty   string // said on stderr instead of a table without rows
}

// list prints a listing in the format asked for.
func (a *App) list(l listing) error {
	switch a.output {
	case "json":
		return a.jsonList(l.rows)
	case "jsonl":
		for _, r := range l.rows {
			if err := a.jsonLine(r.raw); err != nil {
				return err
			}
		}
		return nil
	case "yaml":
		var all bytes.Buffer
		all.WriteByte('[')
		for i, r := range l.rows {
			if i > 0 {
				all.WriteByte(',')
			}
			all.Write(r.raw)
		}
		all.WriteByte(']')
		return a.yaml(all.Bytes())
	case "name":
		for _, r := range l.rows {
			fmt.Fprintln(a.Stdout, plain(r.name))
		}
		return nil
	case "csv":
		return a.csv(l)
	}
	if len(l.rows) == 0 {
		fmt.Fprintln(a.Stderr, l.empty)
		return nil
	}
	t := a.table(l.columns)
	for _, r := range l.rows {
		t.add(r.cells)
	}
	return t.print(a.Stdout, true)
}

// one prints one object: its detail for tables, else the object itself.
func (a *App) one(name string, raw json.RawMessage, fill func(*detail)) error {
	switch a.output {
	case "json":
		return a.json(raw)
	case "jsonl":
		return a.jsonLine(raw)
	case "yaml":
		return a.yaml(raw)
	case "name":
		_, err := fmt.Fprintln(a.Stdout, plain(name))
		return err
	case "csv":
		return atelier.Errorf(atelier.Invalid, "Usage", "-o csv is for lists; use -o json or -o yaml here")
	}
	d := &detail{app: a}
	fill(d)
	return d.print(a.Stdout)
}

// json prints a document as the API sent it, indented.
func (a *App) json(raw json.RawMessage) error {
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "  "); err != nil {
		return fmt.Errorf("print json: %w", err)
	}
	b.WriteByte('\n')
	_, err := a.Stdout.Write(b.Bytes())
	return err
}

func (a *App) jsonLine(raw json.RawMessage) error {
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		return fmt.Errorf("print json: %w", err)
	}
	b.WriteByte('\n')
	_, err := a.Stdout.Write(b.Bytes())
	return err
}

func (a *App) jsonList(rows []row) error {
	all := make([]json.RawMessage, len(rows))
	for i, r := range rows {
		all[i] = r.raw
	}
	var b bytes.Buffer
	b.WriteByte('[')
	for i, raw := range all {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(raw)
	}
	b.WriteByte(']')
	return a.json(b.Bytes())
}

func (a *App) yaml(raw json.RawMessage) error {
	text, err := yaml.JSONToYAML(raw)
	if err != nil {
		return fmt.Errorf("print yaml: %w", err)
	}
	_, err = a.Stdout.Write(text)
	return err
}

func (a *App) csv(l listing) error {
	w := csv.NewWriter(a.Stdout)
	var heads []string
	for _, c := range l.columns {
		heads = append(heads, c.head)
	}
	_ = w.Write(heads)
	for _, r := range l.rows {
		cells := make([]string, len(r.cells))
		for i, c := range r.cells {
			if cells[i] = plain(c); strings.ContainsAny(c[:min(1, len(c))], "=+@") { // not a formula in a spreadsheet
				cells[i] = "'" + cells[i]
			}
		}
		_ = w.Write(cells)
	}
	w.Flush()
	return w.Error()
}

// table is columns of text, padded by the cells a terminal gives them: a Hangul
// syllable takes two.
type table struct {
	app     *App
	columns []column
	shown   []int
	rows    [][]string
	widths  []int
}

func (a *App) table(columns []column) *table {
	t := &table{app: a, columns: columns}
	for i, c := range columns {
		if !c.wide || a.output == "wide" {
			t.shown = append(t.shown, i)
		}
	}
	t.widths = make([]int, len(t.shown))
	for i, at := range t.shown {
		t.widths[i] = lipgloss.Width(columns[at].head)
	}
	return t
}

func (t *table) add(cells []string) {
	line := make([]string, len(t.shown))
	for i, at := range t.shown {
		if line[i] = plain(cells[at]); line[i] == "" {
			line[i] = "-"
		}
		t.widths[i] = max(t.widths[i], lipgloss.Width(line[i]))
	}
	t.rows = append(t.rows, line)
}

// print writes the rows, and forgets them.
func (t *table) print(w io.Writer, heads bool) error {
	var b strings.Builder
	if heads {
		line := make([]string, len(t.shown))
		for i, at := range t.shown {
			line[i] = t.columns[at].head
		}
		t.line(&b, line, false)
	}
	for _, r := range t.rows {
		t.line(&b, r, true)
	}
	t.rows = nil
	_, err := io.WriteString(w, b.String())
	return err
}

func (t *table) line(b *strings.Builder, cells []string, paint bool) {
	for i, c := range cells {
		text := c
		if paint {
			text = t.app.paint(c)
		}
		b.WriteString(text)
		if i < len(cells)-1 {
			b.WriteString(strings.Repeat(" ", t.widths[i]-lipgloss.Width(c)+2))
		}
	}
	b.WriteByte('\n')
}

// paint colours a word that is a state, on a terminal that wants colours.
func (a *App) paint(word string) string {
	if !a.colour {
		return word
	}
	colour := ""
	switch word {
	case "Succeeded", "Completed", "Running", "Steady", "idle", "running", "Ready":
		colour = "32"
	case "Failed", "unusable", "Canceled":
		colour = "31"
	case "Creating", "Updating", "Deleting", "Resizing", "Queued", "Starting", "Preparing", "Finalizing", "NotStarted", "CancelRequested", "preparing", "leaving", "preempted":
		colour = "33"
	default:
		return word
	}
	return "\x1b[" + colour + "m" + word + "\x1b[0m"
}

// detail is one thing shown as labels and values, with paragraphs below.
type detail struct {
	app   *App
	pairs [][2]string
	below []string
}

// field adds a line, unless the value is empty.
func (d *detail) field(label, text string) {
	if text != "" {
		d.pairs = append(d.pairs, [2]string{label, plain(text)})
	}
}

// para adds lines below the fields, as they are.
func (d *detail) para(lines ...string) { d.below = append(d.below, lines...) }

func (d *detail) print(w io.Writer) error {
	wide := 0
	for _, p := range d.pairs {
		wide = max(wide, lipgloss.Width(p[0]))
	}
	var b strings.Builder
	for _, p := range d.pairs {
		b.WriteString(p[0] + strings.Repeat(" ", wide-lipgloss.Width(p[0])+2) + d.app.paint(p[1]) + "\n")
	}
	for _, l := range d.below {
		b.WriteString(l + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func checkFormat(f string, shell bool) error {
	if slices.Contains(formats, f) || shell && f == shellFormat {
		return nil
	}
	near := ""
	if n := nearest(f, formats); n != "" {
		near = fmt.Sprintf("; did you mean %q?", n)
	}
	return usage(fmt.Sprintf("-o %s: there is no such output format%s (%s)", f, near, strings.Join(formats, ", ")))
}
