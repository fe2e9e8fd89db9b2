package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/atelier-compute/atelier/internal/client"
)

// emptyCluster may grow to one node and starts with none.
func emptyCluster() client.Compute {
	return client.Compute{Location: "local", Properties: client.ComputeProperties{
		ComputeType: "AmlCompute",
		Properties: &client.Cluster{
			VMSize: "Local", VMPriority: "Dedicated",
			ScaleSettings: &client.ScaleSettings{MinNodeCount: 0, MaxNodeCount: 1, NodeIdleTimeBeforeScaleDown: "PT10M"},
		},
	}}
}

// gets measures reads of a compute that come when they are due, answered or not.
func (b *bench) gets(ctx context.Context) error {
	const rate = 2000
	s, err := b.fresh(ctx, "gets")
	if err != nil {
		return err
	}
	defer s.down(ctx)
	if err := s.cluster(ctx, "gets", 0, 1); err != nil {
		return err
	}
	n := rate * b.rounds(8, 2)
	var p99s []float64
	for range 5 {
		took, err := s.getLoop(ctx, "gets", rate, n)
		if err != nil {
			return err
		}
		p99s = append(p99s, ms(quantile(took, 0.99)))
	}
	b.report.add(line{what: "GET of a compute, p99", value: median(p99s), budget: 5, unit: "ms", note: "2,000 requests/s, open loop"})
	return nil
}

// getLoop reads a compute n times, each timed from when it was due.
func (s *server) getLoop(ctx context.Context, name string, rate, n int) ([]time.Duration, error) {
	took, failed := make([]time.Duration, n), make([]error, n)
	var wg sync.WaitGroup
	began := time.Now()
	for i := range n {
		due := began.Add(time.Duration(i) * time.Second / time.Duration(rate))
		time.Sleep(time.Until(due))
		wg.Go(func() {
			_, failed[i] = s.Compute(ctx, name)
			took[i] = time.Since(due)
		})
	}
	wg.Wait()
	for _, err := range failed {
		if err != nil {
			return nil, fmt.Errorf("read compute %s: %w", name, err)
		}
	}
	return took, nil
}

// listing measures reading all of many computes, page after page.
func (b *bench) listing(ctx context.Context) error {
	const n = 10_000
	s, err := b.fresh(ctx, "listing")
	if err != nil {
		return err
	}
	defer s.kill() // there is no node to end, and deleting them all would take longer than the measurement
	body := emptyCluster()
	err = each(n, func(i int) error {
		_, _, err := s.PutCompute(ctx, fmt.Sprintf("many%05d", i), body)
		return err
	})
	if err != nil {
		return fmt.Errorf("make %d computes: %w", n, err)
	}
	var list []time.Duration
	for range 5 {
		began := time.Now()
		all, err := client.Collect(s.Computes(ctx), 0)
		if err != nil {
			return err
		}
		list = append(list, time.Since(began))
		if len(all) != n {
			return fmt.Errorf("%d computes were listed of %d", len(all), n)
		}
	}
	b.report.add(line{what: "list of 10,000 computes, page by page", value: quantile(list, 0.5).Seconds(), budget: 1, unit: "s"})
	return nil
}

// createFromPython makes five clusters, one after the other, and prints how many
// seconds each took. It leaves how often to ask to the client.
const createFromPython = `
import os, time
from azure.ai.ml import MLClient
from azure.ai.ml.entities import AmlCompute
from azure.identity import ClientSecretCredential
env = os.environ
credential = ClientSecretCredential(env["AZURE_TENANT_ID"], env["AZURE_CLIENT_ID"], env["AZURE_CLIENT_SECRET"],
    authority=env["AZURE_AUTHORITY_HOST"], disable_instance_discovery=True)
ml = MLClient(credential, env["AZURE_SUBSCRIPTION_ID"], env["AZURE_RESOURCE_GROUP"], env["AZUREML_WORKSPACE_NAME"])
took = []
for i in range(5):
    began = time.monotonic()
    ml.compute.begin_create_or_update(AmlCompute(name=f"python{i}", size="Local", min_instances=0, max_instances=1)).result()
    took.append(time.monotonic() - began)
print(took)
`

// python measures how long a user of the Python SDK waits for a cluster.
func (b *bench) python(ctx context.Context) error {
	exe, err := filepath.Abs(".venv/clients/bin/python")
	if err != nil {
		return err
	}
	if _, err := os.Stat(exe); err != nil {
		fmt.Println("python: left out: the Python SDK is not in .venv/clients; `scripts/need-clients python` installs it")
		return nil
	}
	s, err := b.fresh(ctx, "python")
	if err != nil {
		return err
	}
	defer s.down(ctx)
	env, err := b.clientEnv(ctx, s)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 4*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, exe, "-c", createFromPython)
	var problem bytes.Buffer
	cmd.Env, cmd.Stderr = env, &problem
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("run the Python SDK: %w\n%s", err, problem.Bytes())
	}
	var took []float64
	if err := json.Unmarshal(out, &took); err != nil {
		return fmt.Errorf("read what Python said: %w", err)
	}
	b.report.add(line{what: "Python SDK: cluster made, with its own polling", value: median(took), budget: 2, unit: "s"})
	return nil
}

// clientEnv is all that one of Azure's clients gets: what `atelier env` says.
func (b *bench) clientEnv(ctx context.Context, s *server) ([]string, error) {
	text, err := exec.CommandContext(ctx, b.atelier, "env", "--data-dir", s.dir, "-o", "json").Output()
	if err != nil {
		return nil, fmt.Errorf("atelier env: %w", err)
	}
	var vars map[string]any // strings, and under "hosts" what /etc/hosts needs
	if err := json.Unmarshal(text, &vars); err != nil {
		return nil, fmt.Errorf("read atelier env: %w", err)
	}
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir}
	for name, value := range vars {
		if text, ok := value.(string); ok {
			env = append(env, name+"="+text)
		}
	}
	return env, nil
}
