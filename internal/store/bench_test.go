//go:build linux

package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
)

const workspace atelier.ID = "workspaces/s~g~w"

// bigJob is a job of about 1 KB as JSON.
func bigJob(i int64) *atelier.Job {
	name := fmt.Sprintf("job-%08d", i)
	j := &atelier.Job{Meta: atelier.Meta{ID: workspace.Child(atelier.KindJob, name), Name: name, UID: name, CreatedAt: time.UnixMicro(1e15 + i)}}
	j.Spec.Compute = workspace.Child(atelier.KindCompute, fmt.Sprint("cluster-", i%10))
	j.Spec.Command = strings.Repeat("python train.py ", 40)
	j.Spec.Instances, j.Status.State = 1, atelier.JobQueued
	return j
}

func openBench(b *testing.B, path string) *store.DB {
	b.Helper()
	db, err := store.OpenSQLite(b.Context(), path, time.Now)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	return db
}

// cpu is what the process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkDurablePut is one transaction with one Put, beside what the disk alone
// takes to append and sync the same.
func BenchmarkDurablePut(b *testing.B) {
	b.Run("raw-append-fdatasync", func(b *testing.B) {
		f, err := os.Create(filepath.Join(b.TempDir(), "raw"))
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = f.Close() }()
		page := make([]byte, 4096)
		for b.Loop() {
			if _, err := f.Write(page); err != nil {
				b.Fatal(err)
			}
			if err := syscall.Fdatasync(int(f.Fd())); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tx/s")
	})
	for _, callers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("callers-%d", callers), func(b *testing.B) {
			db := openBench(b, filepath.Join(b.TempDir(), "atelier.db"))
			var next atomic.Int64
			used := cpu()
			b.ResetTimer()
			n := parallel(b, callers, func() error {
				j := bigJob(next.Add(1))
				return db.Do(b.Context(), func(tx *store.Tx) error { return store.Put(tx, j) })
			})
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "tx/s")
			b.ReportMetric(float64((cpu()-used).Microseconds())/float64(n), "cpu-µs/tx")
		})
	}
}

// parallel runs f b.N times on exactly so many goroutines.
func parallel(b *testing.B, callers int, f func() error) int {
	var left atomic.Int64
	left.Store(int64(b.N))
	done := make(chan error, callers)
	for range callers {
		go func() {
			for left.Add(-1) >= 0 {
				if err := f(); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range callers {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	return b.N
}

// filled makes a store with n jobs.
func filled(b *testing.B, n int64) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "atelier.db")
	db := openBench(b, path)
	for i := int64(0); i < n; {
		err := db.Do(b.Context(), func(tx *store.Tx) error {
			for end := min(i+1000, n); i < end; i++ {
				if err := store.Put(tx, bigJob(i)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	return path
}

// index is a view that looks at no document.
type index struct{ rows map[atelier.ID]atelier.Index }

func (v *index) Kinds() []string {
	return []string{atelier.KindJob, atelier.KindNode, atelier.KindTask}
}
func (v *index) Reset()               { v.rows = map[atelier.ID]atelier.Index{} }
func (v *index) Apply(c store.Change) { v.rows[c.ID] = c.Index }

// BenchmarkOpen is the start: of a new file, and of one that is checked whole.
func BenchmarkOpen(b *testing.B) {
	for _, n := range []int64{0, 1000, 4000} {
		path := filled(b, n)
		info, err := os.Stat(path)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("jobs-%d", n), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				file := path
				if n == 0 {
					file = filepath.Join(b.TempDir(), fmt.Sprint(i))
				}
				db := openBench(b, file)
				b.StopTimer()
				_ = db.Close()
				b.StartTimer()
			}
			b.ReportMetric(float64(info.Size())/1e6, "MB")
		})
	}
}

// BenchmarkLarge is a store with 100,000 queued jobs.
func BenchmarkLarge(b *testing.B) {
	path := filled(b, 100_000)
	b.Run("open-and-fill-a-view", func(b *testing.B) {
		for b.Loop() {
			db := openBench(b, path)
			if err := db.AddView(new(index)); err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			_ = db.Close()
			b.StartTimer()
		}
	})
	db := openBench(b, path)
	for _, page := range []int64{1, 1000, 2000} {
		b.Run(fmt.Sprintf("list-page-%d", page), func(b *testing.B) {
			for b.Loop() {
				err := db.Read(b.Context(), func(tx *store.Tx) error {
					_, _, err := store.List[atelier.Job](tx, store.Query{Kind: atelier.KindJob, Parent: workspace, After: (page - 1) * 50, Limit: 50})
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("get", func(b *testing.B) {
		for i := int64(0); b.Loop(); i++ {
			err := db.Read(b.Context(), func(tx *store.Tx) error {
				_, err := store.Get[atelier.Job](tx, bigJob(i*7919%100_000).ID)
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("verify", func(b *testing.B) {
		for b.Loop() {
			if err := db.Verify(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
}
