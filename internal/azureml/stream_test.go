package azureml

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/store"
)

const userLog = "user_logs/std_log.txt"

// follow opens a stream over a real connection.
func (w *world) follow(who, path string) *bufio.Reader {
	w.t.Helper()
	srv := httptest.NewServer(w.srv)
	ctx, cancel := context.WithCancel(w.t.Context())
	w.t.Cleanup(func() { cancel(); srv.Close() })
	req, err := http.NewRequestWithContext(ctx, "GET", srv.URL+path+"&api-version=2026-11-01-atelier", nil)
	must(w.t, err)
	req.Header.Set("Authorization", "Bearer "+who)
	res, err := http.DefaultClient.Do(req)
	must(w.t, err)
	w.t.Cleanup(func() { res.Body.Close() })
	if res.StatusCode != 200 {
		body, _ := io.ReadAll(res.Body)
		w.t.Fatalf("got %d %s", res.StatusCode, body)
	}
	return bufio.NewReader(res.Body)
}

func wantLines(t *testing.T, r *bufio.Reader, lines ...string) {
	t.Helper()
	for _, want := range lines {
		got, err := r.ReadString('\n')
		if err != nil || strings.TrimSuffix(got, "\n") != want {
			t.Fatalf("got %q, %v; want %q", got, err, want)
		}
	}
}

func wantEnd(t *testing.T, r *bufio.Reader) {
	t.Helper()
	if rest, err := io.ReadAll(r); err != nil || len(rest) != 0 {
		t.Fatalf("got %q, %v; want the end", rest, err)
	}
}

func TestLogs(t *testing.T) {
	w := rich(t)
	w.ann("PUT", wsURL+"/jobs/j", jobBody("gpu", "")).want(201)
	w.ann("GET", wsURL+"/jobs/j/logs", "").want(200).wantAt("value.0", nil)
	w.ann("GET", wsURL+"/jobs/j/logs/"+userLog, "").wantError(404, "LogNotFound", "")
	w.start("j", 1)
	w.say("j", 1, userLog, "one\ntwo\n")
	w.ann("GET", wsURL+"/jobs/j/logs", "").want(200).wantAt("value.0.name", userLog).wantAt("value.0.attempt", 1).wantAt("value.0.size", 8)
	r := w.as("eve", "GET", wsURL+"/jobs/j/logs/"+userLog, "").want(200)
	if r.body != "one\ntwo\n" || r.Header.Get("Content-Type") != "text/plain; charset=utf-8" || r.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Fatalf("%q %v", r.body, r.Header)
	}
	if r = w.ann("GET", wsURL+"/jobs/j/logs/"+userLog+"?offset=4", "").want(200); r.body != "two\n" {
		t.Fatalf("from 4 on: %q", r.body)
	}
	w.ann("GET", wsURL+"/jobs/j/logs/"+userLog+"?offset=-4", "").wantError(400, "InvalidQueryParameter", "offset")
	w.ann("GET", wsURL+"/jobs/j/logs/"+userLog+"?attempt=2", "").wantError(404, "LogNotFound", "")
	w.ann("GET", wsURL+"/jobs/j/logs/..%2f..%2fx", "").want(400)
}

// TestLogsAreResumedWithoutReadingThemAgain asks for the end of a log that takes
// minutes to read.
func TestLogsAreResumedWithoutReadingThemAgain(t *testing.T) {
	w := rich(t)
	w.ann("PUT", wsURL+"/jobs/j", jobBody("gpu", "")).want(201)
	follow := w.follow("ann", wsURL+"/jobs/j/logs/"+userLog+"?follow=true&offset=4")
	w.start("j", 1)
	w.say("j", 1, userLog, "one\ntwo\n")
	wantLines(t, follow, "two") // also of an attempt that begins later
	w.end("j", 1, true)
	wantEnd(t, follow)
	const size = 1 << 40
	must(t, filepath.WalkDir(w.api.Logs.Root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return os.Truncate(name, size)
	}))
	got := make(chan string, 1)
	go func() { got <- w.ann("GET", wsURL+fmt.Sprintf("/jobs/j/logs/%s?offset=%d", userLog, size-3), "").body }()
	select {
	case body := <-got:
		if body != "\x00\x00\x00" {
			t.Errorf("the last three bytes are %q", body)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the log is read from its beginning")
	}
}

func TestFollowOneLog(t *testing.T) {
	w := rich(t)
	w.ann("PUT", wsURL+"/jobs/j", jobBody("gpu", "")).want(201)
	r := w.follow("ann", wsURL+"/jobs/j/logs/"+userLog+"?follow=true")
	w.start("j", 1)
	w.say("j", 1, userLog, "one\n")
	wantLines(t, r, "one")
	w.say("j", 1, userLog, "two\n")
	wantLines(t, r, "two")
	w.say("j", 1, userLog, "last\n")
	w.end("j", 1, false)
	wantLines(t, r, "last")
	wantEnd(t, r)
}

func TestFollowOutputAcrossAttempts(t *testing.T) {
	w := rich(t)
	w.ann("PUT", wsURL+"/jobs/j", jobBody("gpu", "")).want(201)
	r := w.follow("eve", wsURL+"/jobs/j/output?follow=true")
	w.start("j", 1)
	const build = "azureml-logs/20_image_build_log.txt"
	w.say("j", 1, build, "making\n")
	w.say("j", 1, userLog, "one\n")
	wantLines(t, r, "making", "one")
	w.end("j", 1, false)
	w.start("j", 2)
	wantLines(t, r, "", "--- attempt 2 ---")
	w.say("j", 2, userLog, "two\n")
	wantLines(t, r, "two")
	w.end("j", 2, true)
	wantEnd(t, r)
	whole := "making\none\n\n--- attempt 2 ---\ntwo\n"
	for _, from := range []string{"0", "9", "20", "37"} {
		got := w.ann("GET", wsURL+"/jobs/j/output?offset="+from, "").want(200).body
		if want := whole[min(len(whole), len(whole)-len(got)):]; got != want || from == "0" && got != whole {
			t.Errorf("from %s on: %q", from, got)
		}
	}
	if got := w.ann("GET", wsURL+"/jobs/j/output?offset=9", "").body; got != whole[9:] {
		t.Errorf("from 9 on: %q, want %q", got, whole[9:])
	}
}

func TestFollowEndsWhenTheJobIsDeleted(t *testing.T) {
	w := rich(t)
	w.ann("PUT", wsURL+"/jobs/j", jobBody("gpu", "")).want(201)
	w.start("j", 1)
	w.say("j", 1, userLog, "one\n")
	r := w.follow("ann", wsURL+"/jobs/j/output?follow=true")
	wantLines(t, r, "one")
	w.end("j", 1, true)
	wantEnd(t, r)
	w.ann("DELETE", wsURL+"/jobs/j", "").want(200)
	w.ann("GET", wsURL+"/jobs/j/output", "").want(404)
}

func TestOutputs(t *testing.T) {
	w := rich(t)
	w.ann("PUT", wsURL+"/jobs/j", jobBody("gpu", "")).want(201)
	prefix := atelier.OutputPrefix(w.main.UID, "j")
	for _, f := range []string{"outputs/a.html", "outputs/b c.txt", "named-outputs/m/x"} {
		_, err := w.api.Blobs.Put(t.Context(), prefix+"/"+f, 0, strings.NewReader("<script>"))
		must(t, err)
	}
	r := w.ann("GET", wsURL+"/jobs/j/outputs?$top=2", "").want(200).wantAt("value.0.path", "named-outputs/m/x").wantAt("value.1.path", "outputs/a.html")
	w.ann("GET", r.at("nextLink").(string), "").want(200).wantAt("value.0.path", "outputs/b c.txt").wantAt("nextLink", nil)
	r = w.ann("GET", wsURL+"/jobs/j/outputs/outputs/a.html", "").want(200)
	if r.body != "<script>" || !strings.HasPrefix(r.Header.Get("Content-Disposition"), "attachment") ||
		r.Header.Get("X-Content-Type-Options") != "nosniff" || r.Header.Get("Content-Type") != "application/octet-stream" || r.ContentLength != 8 {
		t.Fatalf("%q %d %v", r.body, r.ContentLength, r.Header)
	}
	w.ann("GET", wsURL+"/jobs/j/outputs/outputs/b%20c.txt", "").want(200)
	w.ann("GET", wsURL+"/jobs/j/outputs/none", "").wantError(404, "OutputNotFound", "")
	w.ann("GET", wsURL+"/jobs/j/outputs/%2e%2e/x", "").wantError(400, "InvalidRequestUri", "")
	w.as("bob", "GET", wsURL+"/jobs/j/outputs/outputs/a.html", "").want(404)
}

func TestEvents(t *testing.T) {
	w := newWorld(t)
	w.cluster("gpu")
	w.cluster("cpu")
	w.as("bob", "PUT", otherURL+"/computes/xxx", gpu).want(201)
	r := w.ann("GET", wsURL+"/events", "").want(200)
	if strings.Contains(r.body, "~other") {
		t.Fatal("events of another workspace are shown")
	}
	w.ann("GET", wsURL+"/events?target=computes/GPU", "").want(200).wantAt("value.0.verb", "created").wantAt("value.0.actor", "ann").wantAt("value.1.verb", "updated").wantAt("value.2", nil)
	seq := w.ann("GET", wsURL+"/events?target="+wsURL+"/computes/gpu", "").want(200).at("value.0.seq").(float64)
	r = w.ann("GET", wsURL+"/events?after=0&$top=1", "").want(200).wantAt("value.1", nil)
	r = w.ann("GET", r.at("nextLink").(string), "").want(200)
	if r.at("value.0.seq").(float64) <= 1 || seq < 1 {
		t.Fatalf("the second page: %s", r.body)
	}
	for _, target := range []string{"computes", otherURL + "/computes/xxx", "workspaces/x/computes/y", "//"} {
		w.ann("GET", wsURL+"/events?target="+target, "").wantError(400, "InvalidQueryParameter", "target")
	}
	w.ann("GET", wsURL+"/events?after=x", "").wantError(400, "InvalidQueryParameter", "after")
}

func TestFollowEvents(t *testing.T) {
	w := newWorld(t)
	w.cluster("gpu")
	r := w.follow("eve", wsURL+"/events?follow=true")
	w.as("bob", "PUT", otherURL+"/computes/xxx", gpu).want(201)
	w.ann("PUT", wsURL+"/jobs/j", jobBody("gpu", "")).want(201)
	wantReady(t, r)
	id, err := r.ReadString('\n')
	must(t, err)
	data, err := r.ReadString('\n')
	must(t, err)
	if !strings.HasPrefix(id, "id: ") || !strings.Contains(data, `"verb":"created"`) || !strings.Contains(data, `jobs/j"`) {
		t.Fatalf("got %q %q", id, data)
	}
	again := w.follow("eve", wsURL+"/events?follow=true&after=0")
	if last := wantReady(t, again); !strings.Contains(id, last) {
		t.Errorf("ready says that the last event is %s; that was %s", last, id)
	}
	if first, err := again.ReadString('\n'); err != nil || first != "id: 1\n" {
		t.Fatalf("from the beginning: %q, %v", first, err)
	}
}

// TestFollowEventsOfADatabaseThatWasPutBack resumes after an event that is not there
// any more.
func TestFollowEventsOfADatabaseThatWasPutBack(t *testing.T) {
	w := newWorld(t)
	w.cluster("gpu")
	last := w.last()
	r := w.follow("eve", fmt.Sprintf("%s/events?follow=true&after=%d", wsURL, last+5000))
	wantLines(t, r, fmt.Sprintf("id: %d", last), "event: ready", fmt.Sprintf(`data: {"seq":%d}`, last), "")
	w.ann("PUT", wsURL+"/jobs/j", jobBody("gpu", "")).want(201)
	wantLines(t, r, fmt.Sprintf("id: %d", last+1))
}

// wantReady reads the first message of a stream and returns the last event's number.
func wantReady(t *testing.T, r *bufio.Reader) (last string) {
	t.Helper()
	var words [4]string
	for i := range words {
		line, err := r.ReadString('\n')
		must(t, err)
		words[i] = strings.TrimSpace(line)
	}
	last, isReady := strings.CutPrefix(words[2], `data: {"seq":`)
	if !strings.HasPrefix(words[0], "id: ") || words[1] != "event: ready" || !isReady || words[3] != "" {
		t.Fatalf("the stream begins with %q", words)
	}
	return strings.TrimSuffix(last, "}")
}

func TestEventsBefore(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"one", "two", "three"} {
		w.cluster(name) // created by ann, updated by test
	}
	seqs := func(query string) (list []float64) {
		t.Helper()
		r := w.ann("GET", wsURL+"/events"+own+query, "").want(200).wantAt("nextLink", nil)
		for _, e := range r.at("value").([]any) {
			list = append(list, e.(map[string]any)["seq"].(float64))
		}
		return list
	}
	all := seqs("")
	n := len(all)
	page := seqs(fmt.Sprintf("&$top=2&before=%.0f", all[n-1]))
	if fmt.Sprint(page) != fmt.Sprint(all[n-3:n-1]) {
		t.Errorf("before %v: %v of %v", all[n-1], page, all)
	}
	if page := seqs(fmt.Sprintf("&after=%.0f&before=%.0f", all[0], all[2])); len(page) != 1 || page[0] != all[1] {
		t.Errorf("between %v and %v: %v", all[0], all[2], page)
	}
	w.ann("GET", wsURL+"/events"+own+"&actor=ann&verb=created&target=computes/two", "").want(200).wantAt("value.0.target", w.main.ID.Child(atelier.KindCompute, "two")).wantAt("value.1", nil)
	w.ann("DELETE", wsURL+"/computes/two?underlyingResourceAction=Delete", "").want(202)
	w.ann("GET", wsURL+"/events"+own+"&reason=DeleteRequested", "").want(200).wantAt("value.0.verb", "updated").wantAt("value.1", nil)
	w.ann("GET", wsURL+"/events"+own+"&before=x", "").wantError(400, "InvalidQueryParameter", "before")
}

func TestFollowOnlySomeEvents(t *testing.T) {
	w := newWorld(t)
	r := w.follow("eve", wsURL+"/events?follow=true&actor=ann&verb=updated")
	wantReady(t, r)
	w.cluster("gpu")
	w.ann("PATCH", wsURL+"/computes/gpu", `{"tags":{"a":"b"}}`).want(200)
	id, err := r.ReadString('\n')
	must(t, err)
	data, err := r.ReadString('\n')
	must(t, err)
	if !strings.HasPrefix(id, "id: ") || !strings.Contains(data, `"actor":"ann","verb":"updated"`) {
		t.Errorf("%q %q", id, data)
	}
}

// leaving is a gate at which people may be told to go.
type leaving struct {
	tokens
	gone *atomic.Bool
}

func (l leaving) Identify(r *http.Request) (arm.Caller, error) {
	if l.gone.Load() {
		return nil, errors.New("the session is over")
	}
	return l.tokens.Identify(r)
}

func TestEventsEndWithTheSession(t *testing.T) {
	w := newWorld(t)
	gate := leaving{gone: new(atomic.Bool)}
	w.srv.Gate = gate
	r := w.follow("eve", wsURL+"/events?follow=true")
	wantReady(t, r)
	gpu := w.cluster("gpu")
	if id, err := r.ReadString('\n'); err != nil || !strings.HasPrefix(id, "id: ") {
		t.Fatalf("got %q, %v; want an event", id, err)
	}
	gate.gone.Store(true)
	w.do(func(tx *store.Tx) error {
		tx.Note(gpu, "Test", "something that who has left must not hear of")
		c, err := store.Get[atelier.Compute](tx, gpu)
		if err != nil {
			return err
		}
		return store.Put(tx, c) // streams wake up
	})
	if rest, err := io.ReadAll(r); err != nil || strings.Contains(string(rest), "must not hear") {
		t.Fatalf("after the session's end: %q, %v", rest, err)
	}
}

func TestLogsEndWithTheSession(t *testing.T) {
	w := rich(t)
	w.ann("PUT", wsURL+"/jobs/j", jobBody("gpu", "")).want(201)
	w.start("j", 1)
	gate := leaving{gone: new(atomic.Bool)}
	w.srv.Gate = gate
	r := w.follow("eve", wsURL+"/jobs/j/output?follow=true")
	w.say("j", 1, userLog, "one\n")
	wantLines(t, r, "one")
	gate.gone.Store(true)
	w.say("j", 1, userLog, "two\n")
	if rest, err := io.ReadAll(r); err == nil || len(rest) != 0 {
		t.Fatalf("after the session's end: %q, %v; want the stream to be broken off", rest, err)
	}
}
