package main

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// line is one figure beside its budget.
type line struct {
	what   string
	value  float64
	budget float64 // 0 is none
	unit   string  // ms, s, /s, MB, KB, or "" for none
	more   bool    // the budget is a least rather than a most
	floor  float64 // of the same run, in the same unit; 0 is none
	of     string  // what the floor is
	note   string
}

// report prints lines as they come and counts how many met their budget.
type report struct {
	out      io.Writer
	markdown bool
	met      int
	missed   []string
}

func (r *report) header() {
	if r.markdown {
		fmt.Fprintln(r.out, "\n| what | measured | budget | beside the floor | |\n|---|--:|--:|---|---|")
		return
	}
	fmt.Fprintf(r.out, "\n%-52s %12s %12s  %-28s %s\n", "what", "measured", "budget", "beside the floor", "")
}

func (r *report) add(l line) {
	budget, verdict := "", ""
	if l.budget != 0 {
		sign := "≤ "
		if l.more {
			sign = "≥ "
		}
		budget = sign + format(l.budget, l.unit)
		verdict = r.judge(l)
	}
	floor := ""
	if l.floor != 0 {
		floor = fmt.Sprintf("%.2f × %s", l.value/l.floor, l.of)
	}
	if l.note != "" {
		verdict += "  (" + l.note + ")"
	}
	if r.markdown {
		fmt.Fprintf(r.out, "| %s | %s | %s | %s | %s |\n", l.what, format(l.value, l.unit), budget, floor, verdict)
		return
	}
	fmt.Fprintf(r.out, "%-52s %12s %12s  %-28s %s\n", l.what, format(l.value, l.unit), budget, floor, verdict)
}

func (r *report) judge(l line) string {
	over := l.value / l.budget
	if l.more {
		over = l.budget / l.value
	}
	if over <= 1 {
		r.met++
		return "PASS"
	}
	r.missed = append(r.missed, l.what)
	return fmt.Sprintf("MISS by %.2f ×", over)
}

func (r *report) summary() {
	fmt.Fprintf(r.out, "\n%d budgets met, %d missed\n", r.met, len(r.missed))
	for _, what := range r.missed {
		fmt.Fprintln(r.out, "  missed:", what)
	}
}

func format(v float64, unit string) string {
	digits := 0
	switch {
	case v < 1:
		digits = 3
	case v < 10:
		digits = 2
	case v < 100:
		digits = 1
	}
	s := fmt.Sprintf("%.*f", digits, v)
	if unit == "" || unit == "/s" {
		return s + unit
	}
	return s + " " + unit
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// quantile returns the q-th part of the samples, 0.5 being the median.
func quantile(samples []time.Duration, q float64) time.Duration {
	if len(samples) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(samples))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

func median(samples []float64) float64 {
	if len(samples) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(samples))
	return sorted[len(sorted)/2]
}
