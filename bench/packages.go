package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
)

// packages runs the benchmarks of the packages whose budgets are not the server's
// as a whole: placement and the store. Their own output says what they measure.
func (b *bench) packages(ctx context.Context) error {
	args := []string{"test", "-run", "^$", "-bench", ".", "-count", fmt.Sprint(b.rounds(5, 1)), "-timeout", "30m"}
	if b.short {
		args = append(args, "-short", "-benchtime", "100ms")
	}
	cmd := exec.CommandContext(ctx, "go", append(args, "./internal/place", "./internal/store")...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	fmt.Println("\nplacement (budget 20,000/s, p99 1 ms at 10,000 nodes and 100,000 queued) and store:")
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go test -bench: %w", err)
	}
	return nil
}
