package process_test

import (
	"testing"

	"github.com/atelier-compute/atelier/internal/runtime"
	"github.com/atelier-compute/atelier/internal/runtime/process"
	"github.com/atelier-compute/atelier/internal/runtime/runtimetest"
)

func open(dir string) (runtime.Runtime, error) { return process.Open(dir, nil) }

func TestMain(m *testing.M) { runtimetest.Main(m, open) }

func TestRuntime(t *testing.T) { runtimetest.Run(t, open) }
