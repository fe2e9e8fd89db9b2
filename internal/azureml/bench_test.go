package azureml

import (
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/atelier-compute/atelier/internal/store"
)

// BenchmarkBatch submits batches of 1,000 jobs to the store in memory: what the API
// itself costs of design 13's 10,000 jobs/s.
func BenchmarkBatch(b *testing.B) {
	w := benchWorld(b)
	t := 0
	for b.Loop() {
		w.batch(b, t)
		t++
	}
	b.ReportMetric(float64(t*1000)/b.Elapsed().Seconds(), "jobs/s")
}

// BenchmarkDurableBatch is the same with the real store on a real disk.
func BenchmarkDurableBatch(b *testing.B) {
	db, err := store.OpenSQLite(b.Context(), filepath.Join(b.TempDir(), "a.db"), time.Now)
	must(b, err)
	defer db.Close()
	w := benched{worldOn(b, db)}
	w.send(b, "PUT", wsURL+"/computes/gpu", gpu, 201)
	t := 0
	for b.Loop() {
		w.batch(b, t)
		t++
	}
	b.ReportMetric(float64(t*1000)/b.Elapsed().Seconds(), "jobs/s")
}

// BenchmarkGetJob and BenchmarkListJobs read among 10,000 jobs.
func BenchmarkGetJob(b *testing.B) {
	w := benchWorld(b)
	w.fill(b, 10)
	for b.Loop() {
		w.send(b, "GET", wsURL+"/jobs/j5000", "", 200)
	}
}

func BenchmarkListJobs(b *testing.B) {
	w := benchWorld(b)
	w.fill(b, 10)
	for b.Loop() {
		w.send(b, "GET", wsURL+"/jobs?$top=50", "", 200)
	}
}

type benched struct{ *world }

func benchWorld(b *testing.B) benched {
	b.Helper()
	w := benched{newWorld(b)}
	w.send(b, "PUT", wsURL+"/computes/gpu", gpu, 201)
	return w
}

func (w benched) fill(b *testing.B, thousands int) {
	b.Helper()
	for t := range thousands {
		w.batch(b, t)
	}
}

// batch submits the jobs of one thousand.
func (w benched) batch(b *testing.B, thousand int) {
	b.Helper()
	item := strings.TrimPrefix(jobBody("gpu", ""), "{")
	items := make([]string, 1000)
	for i := range items {
		items[i] = fmt.Sprintf(`{"name":"j%d",%s`, thousand*1000+i, item)
	}
	w.send(b, "POST", wsURL+"/submitJobs", `{"value":[`+strings.Join(items, ",")+`]}`, 200)
}

func (w benched) send(b *testing.B, method, path, body string, status int) {
	b.Helper()
	sep := "?"
	if strings.Contains(path, "?") {
		sep = "&"
	}
	r := httptest.NewRequest(method, path+sep+"api-version=2024-04-01", strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer ann")
	rec := httptest.NewRecorder()
	w.srv.ServeHTTP(rec, r)
	if rec.Code != status {
		b.Fatalf("got %d %s", rec.Code, rec.Body)
	}
}
