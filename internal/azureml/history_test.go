package azureml

import (
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/logs"
)

const runs = "/history/v1.0" + wsURL + "/runs/"

// fetch gets an address that the server gave out, as it is.
func (w *world) fetch(link string) reply {
	w.t.Helper()
	rec := httptest.NewRecorder()
	w.srv.ServeHTTP(rec, httptest.NewRequest("GET", strings.TrimPrefix(link, "http://example.com"), nil))
	return reply{w.t, rec.Result(), rec.Body.String()}
}

func running(t *testing.T) *world {
	w := newWorld(t)
	w.cluster("gpu")
	w.ann("PUT", wsURL+"/jobs/train-1", jobBody("gpu", `,"outputs":{"o":{"jobOutputType":"uri_folder"}}`)).want(201)
	w.start("train-1", 1)
	w.say("train-1", 1, "user_logs/std_log.txt", "epoch 1\n")
	return w
}

func TestDiscoveryNeedsNoToken(t *testing.T) {
	w := newWorld(t)
	r := w.fetch("http://example.com/discovery")
	r.want(200).wantAt("api", "http://example.com").wantAt("history", "http://example.com")
	w.ann("GET", wsURL, "").wantAt("properties.discoveryUrl", "http://example.com/discovery")
}

// TestStream asks as azure-ai-ml does while it streams: details, then the whole log
// by its signed address, again and again.
func TestStream(t *testing.T) {
	w := running(t)
	if links := w.ann("GET", runs+"train-1/details?api-version=v1.0", "").at("logFiles"); len(links.(map[string]any)) != 1 {
		t.Errorf("links: %v", links)
	}
	job := w.ann("GET", wsURL+"/jobs/train-1", "").want(200)
	if def := job.at("properties.outputs.default"); def != nil {
		t.Errorf("outputs.default is shown while the job runs: %v", def)
	}
	log := func() string {
		d := w.ann("GET", runs+"train-1/details?api-version=v1.0", "").want(200)
		link, _ := d.at("logFiles").(map[string]any)["user_logs/std_log.txt"].(string)
		if link == "" {
			t.Fatalf("no std_log among %v", d.at("logFiles"))
		}
		return w.fetch(link).want(200).body
	}
	if got := log(); got != "epoch 1\n" {
		t.Errorf("first %q", got)
	}
	w.ann("GET", runs+"train-1/details?api-version=v1.0", "").wantAt("status", "Running")
	w.say("train-1", 1, "user_logs/std_log.txt", "epoch 2\n")
	if got := log(); got != "epoch 1\nepoch 2\n" {
		t.Errorf("then %q", got)
	}
	w.end("train-1", 1, true)
	w.ann("GET", runs+"train-1/details?api-version=v1.0", "").wantAt("status", "Completed")
	if got := log(); got != "epoch 1\nepoch 2\n" {
		t.Errorf("at last %q", got)
	}
}

// TestSignedLogs makes sure that a signature opens one log of one job for a while.
func TestSignedLogs(t *testing.T) {
	w := running(t)
	w.ann("PUT", wsURL+"/jobs/train-2", jobBody("gpu", "")).want(201)
	w.start("train-2", 1)
	w.say("train-2", 1, "user_logs/std_log.txt", "secret\n")
	_, err := w.api.Logs.Append(t.Context(), logs.Key{Job: w.uid("train-1"), Attempt: 1, Rank: 1, Stream: "user_logs/std_log_process_1.txt"}, 0, strings.NewReader("rank 1\n"))
	must(t, err)
	logFiles := w.ann("GET", runs+"train-1/details", "").want(200).at("logFiles").(map[string]any)
	link := logFiles["user_logs/std_log.txt"].(string)
	w.fetch(link).want(200)
	if got := w.fetch(logFiles["user_logs/std_log_process_1.txt"].(string)).want(200).body; got != "rank 1\n" {
		t.Errorf("rank 1 said %q", got)
	}
	for name, other := range map[string]string{
		"another-job":       strings.Replace(link, "/runs/train-1/", "/runs/train-2/", 1),
		"another-log":       strings.Replace(link, "/0/user_logs/std_log.txt", "/1/user_logs/std_log_process_1.txt", 1),
		"another-attempt":   strings.Replace(link, "/logs/1/", "/logs/2/", 1),
		"another-workspace": strings.Replace(link, "/workspaces/Main/", "/workspaces/Other/", 1),
		"no-such-job":       strings.Replace(link, "/runs/train-1/", "/runs/nothing/", 1),
		"no-signature":      link[:strings.IndexByte(link, '?')],
		"a-longer-life":     strings.Replace(link, "se=2026", "se=2036", 1),
	} {
		t.Run(name, func(t *testing.T) {
			if other == link {
				t.Fatal("nothing was changed")
			}
			r := w.fetch(other)
			r.t = t
			r.want(403)
			if strings.Contains(r.body, "secret") {
				t.Errorf("shown: %s", r.body)
			}
		})
	}
	w.tick(signedLogs + time.Minute)
	w.fetch(link).want(403)
}

// TestRetriedLogOnlyGrows makes sure that what a second attempt says comes after
// what the first said: clients remember how much they have seen.
func TestRetriedLogOnlyGrows(t *testing.T) {
	w := running(t)
	w.end("train-1", 1, false)
	w.start("train-1", 2)
	w.say("train-1", 2, "user_logs/std_log.txt", "again\n")
	link := w.ann("GET", runs+"train-1/details", "").want(200).at("logFiles").(map[string]any)["user_logs/std_log.txt"].(string)
	if got := w.fetch(link).want(200).body; !strings.HasPrefix(got, "epoch 1\n") || !strings.HasSuffix(got, "again\n") {
		t.Errorf("got %q", got)
	}
}

// TestDownloadBegins asks as azure-ai-ml does before it downloads.
func TestDownloadBegins(t *testing.T) {
	w := running(t)
	key := atelier.OutputPrefix(w.main.UID, "train-1") + "/user_logs/std_log.txt"
	ask := func() reply {
		return w.ann("POST", "/history/v1.0"+wsURL+"/rundata", `{"runId":"train-1","selectRunMetadata":true}`).want(200)
	}
	ask()
	if _, _, err := w.api.Blobs.Open(t.Context(), key); !atelier.IsKind(err, atelier.NotFound) {
		t.Fatalf("a log that still grows was put away: %v", err)
	}
	w.end("train-1", 1, true)
	r := ask().wantAt("runMetadata.outputs.o.type", "uri_folder")
	f, _, err := w.api.Blobs.Open(t.Context(), key)
	must(t, err)
	defer f.Close()
	if text, _ := io.ReadAll(f); string(text) != "epoch 1\n" {
		t.Errorf("the log was kept as %q", text)
	}
	id := r.at("runMetadata.outputs.o.assetId").(string)
	uris := w.ann("POST", "/data/v1.0"+wsURL+"/dataversion/batchGetResolvedUris", `{"values":["`+id+`","nonsense","output:x:y"]}`).want(200).at("values").(map[string]any)
	uri, _ := uris[id].(map[string]any)["uri"].(string)
	if got, err := atelier.BlobKey(w.main, uri); err != nil || got != atelier.OutputPrefix(w.main.UID, "train-1")+"/named-outputs/o" || len(uris) != 1 {
		t.Errorf("%q is at %q (%v); all: %v", uri, got, err, uris)
	}
	w.ann("GET", wsURL+"/jobs/train-1", "").wantAt("properties.outputs.default.uri", "azureml://datastores/workspaceartifactstore/ExperimentRun/dcid.train-1")
}

func TestRunHasNoChildrenAndNoServices(t *testing.T) {
	w := running(t)
	w.ann("GET", runs+"train-1/children", "").want(200).wantAt("value", []any{})
	w.ann("GET", runs+"train-1/serviceinstances/0", "").want(200).wantAt("instances", map[string]any{})
	w.ann("GET", runs+"nothing/details", "").wantError(404, "UserError", "")
}
