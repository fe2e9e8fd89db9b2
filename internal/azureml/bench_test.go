package azureml

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
)

// BenchmarkBatch submits batches of 1,000 jobs to the store in memory: what the API
// itself costs of design 13's 10,000 jobs/s.
func BenchmarkBatch(b *testing.B) {
	w := benchWorld(b)
	item := strings.TrimPrefix(jobBody("gpu", ""), "{")
	n := 0
	for b.Loop() {
		var body strings.Builder
		body.WriteString(`{"value":[`)
		for i := range 1000 {
			if i > 0 {
				body.WriteByte(',')
			}
			fmt.Fprintf(&body, `{"name":"j%d",%s`, n, item)
			n++
		}
		body.WriteString(`]}`)
		w.send(b, "POST", wsURL+"/submitJobs", body.String(), 200)
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "jobs/s")
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
	item := strings.TrimPrefix(jobBody("gpu", ""), "{")
	for t := range thousands {
		items := make([]string, 1000)
		for i := range items {
			items[i] = fmt.Sprintf(`{"name":"j%d",%s`, t*1000+i, item)
		}
		w.send(b, "POST", wsURL+"/submitJobs", `{"value":[`+strings.Join(items, ",")+`]}`, 200)
	}
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
