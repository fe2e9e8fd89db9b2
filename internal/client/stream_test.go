package client

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/atelier-compute/atelier/internal/blob"
)

// cut breaks the connection after what was written.
func cut(w http.ResponseWriter) {
	http.NewResponseController(w).Flush() //nolint:errcheck // tests only
	panic(http.ErrAbortHandler)
}

const running, completed = `{"properties":{"status":"Running"}}`, `{"properties":{"status":"Completed"}}`

func TestOutputSurvivesDrops(t *testing.T) {
	f := newFake(t)
	text := strings.Repeat("a line of the log\n", 1000)
	call := 0
	f.on("GET /jobs/j/output", func(w http.ResponseWriter, r *http.Request) {
		offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
		if r.URL.Query().Get("follow") != "true" {
			t.Errorf("query is %v", r.URL.Query())
		}
		call++
		switch call {
		case 1:
			io.WriteString(w, text[:5000])
			cut(w)
		case 2:
			say(503, `{"error":{"code":"Starting","message":"x"}}`)(w, r)
		case 3: // a server that shuts down ends its streams well
			io.WriteString(w, text[offset:9000])
		case 4:
			cut(w)
		default:
			io.WriteString(w, text[offset:])
		}
	})
	f.on("GET /jobs/j", inTurn(say(200, running), say(200, completed)))
	var got bytes.Buffer
	if err := f.Output(t.Context(), "j", true, &got); err != nil {
		t.Fatal(err)
	}
	if got.String() != text {
		t.Errorf("got %d bytes of %d, or others", got.Len(), len(text))
	}
	if len(f.waits) != 4 {
		t.Errorf("waited %v", f.waits)
	}
}

func TestOutputGivesUp(t *testing.T) {
	f := newFake(t)
	t.Run("never-there", func(t *testing.T) {
		var e *Error
		if err := f.Output(t.Context(), "none", true, io.Discard); !errors.As(err, &e) || e.Status != 404 || len(f.waits) != 0 {
			t.Errorf("%v after %v", err, f.waits)
		}
	})
	t.Run("server-gone", func(t *testing.T) {
		f := newFake(t)
		f.on("GET /jobs/j/output", inTurn(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "x"); cut(w) },
			func(w http.ResponseWriter, _ *http.Request) { cut(w) }))
		var down *Unreachable
		if err := f.Output(t.Context(), "j", true, io.Discard); !errors.As(err, &down) || len(f.waits) != reconnectTries {
			t.Errorf("%v after %d waits", err, len(f.waits))
		}
	})
	t.Run("broken-pipe", func(t *testing.T) {
		f := newFake(t)
		f.on("GET /jobs/j/output", say(200, "x"))
		if err := f.Output(t.Context(), "j", true, brokenPipe{}); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("deleted-meanwhile", func(t *testing.T) {
		f := newFake(t)
		f.on("GET /jobs/j/output", say(200, "x"))
		if err := f.Output(t.Context(), "j", true, io.Discard); err != nil {
			t.Errorf("got %v", err)
		}
	})
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestLogFile(t *testing.T) {
	f := newFake(t)
	f.on("GET /jobs/j/logs/user_logs/std_log.txt", say(200, "hello"))
	f.on("GET /jobs/j/logs", say(200, `{"value":[{"name":"user_logs/std_log.txt","attempt":2,"rank":1,"size":5}]}`))
	list, err := Collect(f.LogFiles(t.Context(), "j"), 0)
	if err != nil || len(list) != 1 || list[0].Attempt != 2 || list[0].Rank != 1 {
		t.Fatal(list, err)
	}
	var got bytes.Buffer
	if err := f.Log(t.Context(), "j", list[0].Name, LogQuery{Attempt: 2, Rank: 1, Offset: 3}, &got); err != nil || got.String() != "hello" {
		t.Error(got.String(), err)
	}
	f.saw(t, "GET /jobs/j/logs", "GET /jobs/j/logs/user_logs/std_log.txt?attempt=2&offset=3&rank=1")
}

func TestOutputs(t *testing.T) {
	f := newFake(t)
	f.on("GET /jobs/j/outputs", say(200, `{"value":[{"path":"outputs/a b.txt","size":2}]}`))
	f.on("GET /jobs/j/outputs/{path...}", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.PathValue("path")) })
	list, err := Collect(f.Outputs("j").List(t.Context()), 0)
	if err != nil || len(list) != 1 || list[0].Size != 2 {
		t.Fatal(list, err)
	}
	body, size, err := f.Outputs("j").Open(t.Context(), list[0].Path)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if data, _ := io.ReadAll(body); string(data) != "outputs/a b.txt" || size != int64(len(data)) {
		t.Errorf("%q, %d", data, size)
	}
}

func event(seq int) string {
	return fmt.Sprintf("id: %d\nevent: message\ndata: {\"seq\":%d,\n", seq, seq) + "data: \"verb\":\"updated\"}\n\n"
}

func TestFollowEvents(t *testing.T) {
	f := newFake(t)
	var after []string
	call := 0
	f.on("GET /events", func(w http.ResponseWriter, r *http.Request) {
		after = append(after, r.URL.Query().Get("after"))
		call++
		switch call {
		case 1:
			io.WriteString(w, ": hello\n\nid: 4\nevent: ready\ndata: {\"seq\":9}\n\n"+event(5)+event(6)+"data: {\"seq\":7")
			cut(w)
		case 2: // resumes too early
			io.WriteString(w, event(6)+strings.ReplaceAll(event(7), "\n", "\r\n"))
		default:
			io.WriteString(w, event(8)+event(9))
		}
	})
	var got []int64
	for e, err := range f.FollowEvents(t.Context(), EventQuery{After: 4, Target: "computes/x"}) {
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, e.Seq); e.Seq == 8 {
			break
		}
	}
	if fmt.Sprint(got) != "[5 6 7 8]" || fmt.Sprint(after) != "[4 6 7]" {
		t.Errorf("got %v, asked after %v", got, after)
	}
	t.Run("from-now-on", func(t *testing.T) {
		for last, want := range map[string]string{`{"value":[{"seq":41}]}`: "41", `{"value":[]}`: "0"} {
			f := newFake(t)
			f.on("GET /events", func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Query().Get("follow") == "" {
					io.WriteString(w, last)
					return
				}
				if after := r.URL.Query().Get("after"); after != want {
					t.Errorf("asked after %q, want %s", after, want)
				}
				io.WriteString(w, event(42))
			})
			for e, err := range f.FollowEvents(t.Context(), EventQuery{}) {
				if err != nil || e.Seq != 42 {
					t.Fatal(e, err)
				}
				break
			}
		}
	})
	t.Run("fewer-than-there-were", func(t *testing.T) {
		for last, want := range map[int]string{100: "[5000 100]", 0: "[5000 0]"} {
			f := newFake(t)
			var after []string
			f.on("GET /events", func(w http.ResponseWriter, r *http.Request) {
				after = append(after, r.URL.Query().Get("after"))
				if len(after) == 1 {
					fmt.Fprintf(w, "id: %d\nevent: ready\ndata: {\"seq\":%d}\n\n", last, last)
					cut(w)
				}
				io.WriteString(w, event(last+1))
			})
			for e, err := range f.FollowEvents(t.Context(), EventQuery{After: 5000}) {
				if err != nil || e.Seq != int64(last+1) || fmt.Sprint(after) != want {
					t.Errorf("%v %v, asked after %v; want %s", e, err, after, want)
				}
				break
			}
		}
	})
	t.Run("a-quiet-target", func(t *testing.T) {
		f := newFake(t)
		streams := 0
		f.on("GET /events", func(w http.ResponseWriter, _ *http.Request) {
			if streams++; streams > 2*reconnectTries {
				io.WriteString(w, event(10))
			}
			io.WriteString(w, "id: 9\nevent: ready\ndata: {\"seq\":9}\n\n: still there\n\n")
		})
		for e, err := range f.FollowEvents(t.Context(), EventQuery{After: 9}) {
			if err != nil || e.Seq != 10 {
				t.Errorf("after %d streams: %v %v", streams, e, err)
			}
			break
		}
	})
	t.Run("ended-without-a-word", func(t *testing.T) {
		f := newFake(t)
		f.on("GET /events", func(http.ResponseWriter, *http.Request) {})
		for _, err := range f.FollowEvents(t.Context(), EventQuery{After: 9}) {
			if err == nil || !strings.Contains(err.Error(), "stream of events") || len(f.waits) != reconnectTries {
				t.Errorf("after %d waits: %v", len(f.waits), err)
			}
		}
	})
	t.Run("refused", func(t *testing.T) {
		f := newFake(t)
		for e, err := range f.FollowEvents(t.Context(), EventQuery{}) {
			if e != nil || !IsStatus(err, 404) {
				t.Errorf("%v %v", e, err)
			}
		}
		if len(f.waits) != 0 {
			t.Errorf("waited %v", f.waits)
		}
	})
	t.Run("nonsense", func(t *testing.T) {
		f := newFake(t)
		f.on("GET /events", say(200, "data: x\n\n"))
		for _, err := range f.FollowEvents(t.Context(), EventQuery{After: 1}) {
			if err == nil || !strings.Contains(err.Error(), "event stream") {
				t.Errorf("got %v", err)
			}
		}
	})
}

func TestUploadFolder(t *testing.T) {
	f := newFake(t)
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, "train.py"), []byte("print(1)\n"), 0o644)
	os.WriteFile(filepath.Join(dir, "secret.env"), []byte("x"), 0o644)
	os.WriteFile(filepath.Join(dir, ".amlignore"), []byte("*.env\n"), 0o644)
	var stored []byte
	f.on("GET /codes/{n}/versions/1", func(w http.ResponseWriter, r *http.Request) {
		if stored == nil {
			say(404, `{"error":{"code":"ResourceNotFound","message":"none"}}`)(w, r)
			return
		}
		say(200, `{"name":"1"}`)(w, r)
	})
	f.on("POST /codes/{n}/versions/1/upload", func(w http.ResponseWriter, r *http.Request) {
		stored, _ = io.ReadAll(r.Body)
		say(200, `{"name":"1"}`)(w, r)
	})
	up, err := f.UploadFolder(t.Context(), Codes, dir)
	if err != nil || up.Known || up.Asset.Name != "1" || up.Files != 2 {
		t.Fatal(up, err)
	}
	if !bytes.Contains(stored, []byte("print(1)")) || bytes.Contains(stored, []byte("secret.env")) {
		t.Errorf("sent %q", stored)
	}
	code := stored
	sum, err := blob.HashDir(t.Context(), dir, func(name string, _ bool) bool { return name == "secret.env" })
	if err != nil || sum.SHA256 != up.Hash {
		t.Error(sum, err)
	}
	again, err := f.UploadFolder(t.Context(), Codes, dir)
	if err != nil || !again.Known || again.Hash != up.Hash {
		t.Error(again, err)
	}
	if n := len(f.calls); n != 3 || !strings.HasPrefix(f.calls[1], "POST /codes/"+up.Hash[:8]+"-") {
		t.Errorf("calls %v", f.calls)
	}
	t.Run("file", func(t *testing.T) {
		f.on("GET /data/{n}/versions/1", say(404, ``))
		var query string
		f.on("POST /data/{n}/versions/1/upload", func(w http.ResponseWriter, r *http.Request) {
			query = r.URL.Query().Get("type")
			stored, _ = io.ReadAll(r.Body)
			say(200, `{}`)(w, r)
		})
		link := filepath.Join(t.TempDir(), "link")
		os.Symlink(filepath.Join(dir, "secret.env"), link)
		up, err := f.UploadFile(t.Context(), link)
		if err != nil || up.Files != 1 || query != "uri_file" || !bytes.Contains(stored, []byte("secret.env")) || bytes.Contains(stored, []byte("train.py")) {
			t.Error(up, err, query)
		}
		if _, err := f.UploadFile(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "regular file") {
			t.Error(err)
		}
	})
	t.Run("changed-while-sent", func(t *testing.T) {
		root := t.TempDir() // before the server, so that it goes after it
		f := newFake(t)
		file := filepath.Join(dir, "train.py")
		f.on("GET /codes/{n}/versions/1", func(w http.ResponseWriter, r *http.Request) { // after hashing, before sending
			os.WriteFile(file, []byte("print(2)\n"), 0o644)
			say(404, ``)(w, r)
		})
		f.on("POST /codes/{n}/versions/1/upload", func(w http.ResponseWriter, r *http.Request) {
			if _, err := blob.Untar(r.Context(), &blob.Dir{Root: root}, "x/", r.Body, blob.Limits{}); err == nil {
				t.Error("the server got a whole archive of other files")
			}
			say(400, ``)(w, r)
		})
		if _, err := f.UploadFolder(t.Context(), Codes, dir); !errors.Is(err, errChanged) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("other-content-under-the-name", func(t *testing.T) {
		f := newFake(t)
		f.on("GET /codes/{n}/versions/1", say(200, `{"properties":{"sha256":"other"}}`))
		f.on("POST /codes/{n}/versions/1/upload", say(409, `{"error":{"code":"AssetVersionConflict","message":"m"}}`))
		if _, err := f.UploadFolder(t.Context(), Codes, dir); !IsCode(err, "AssetVersionConflict") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("whole", func(t *testing.T) {
		got, err := blob.Untar(t.Context(), &blob.Dir{Root: t.TempDir()}, "x/", bytes.NewReader(code), blob.Limits{})
		if err != nil || got.SHA256 != up.Hash {
			t.Errorf("the archive that was sent is %+v, %v", got, err)
		}
	})
	t.Run("refused-early", func(t *testing.T) {
		f := newFake(t)
		f.on("POST /codes/{n}/versions/1/upload", say(413, `{"error":{"code":"TooLarge","message":"big"}}`))
		big := t.TempDir()
		os.WriteFile(filepath.Join(big, "x"), make([]byte, 8<<20), 0o644)
		if _, err := f.UploadFolder(t.Context(), Codes, big); !IsCode(err, "TooLarge") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("no-folder", func(t *testing.T) {
		if _, err := f.UploadFolder(t.Context(), Codes, filepath.Join(dir, "none")); err == nil {
			t.Error("there is no such folder")
		}
	})
}
