package azblob

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/blob"
)

func blockID(i int) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "block-%05d", i))
}

func blocksXML(kind string, ids ...string) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="utf-8"?><BlockList>`)
	for _, id := range ids {
		fmt.Fprintf(&b, "<%s>%s</%s>", kind, id, kind)
	}
	return b.String() + "</BlockList>"
}

func (w *world) waiting() int {
	w.t.Helper()
	list, err := w.blobs.List(w.t.Context(), atelier.BlocksPrefix(mainUID))
	must(w.t, err)
	return len(list)
}

func query(id string) string {
	return strings.NewReplacer("+", "%2B", "/", "%2F", "=", "%3D").Replace(id)
}

func TestBlocks(t *testing.T) {
	w := newWorld(t)
	at := "/" + data + "/big.bin"
	for i, text := range []string{"aaa", "bbb", "ccc"} {
		w.do("PUT", at+"?comp=block&blockid="+query(blockID(i)), text, "Content-MD5: "+sum(text)).want(201)
	}
	w.do("PUT", at+"?comp=block&blockid="+query(blockID(1)), "BB").want(201) // again: the newer counts
	w.do("HEAD", at, "").want(404)
	if r := w.do("GET", at+"?comp=blocklist&blocklisttype=all", "").want(200); strings.Count(r.body, "<Block>") != 3 || !strings.Contains(r.body, "<Name>"+blockID(1)+"</Name><Size>2</Size>") {
		t.Errorf("waiting: %s", r.body)
	}
	w.do("PUT", at+"?comp=blocklist", blocksXML("Latest", blockID(2), blockID(9))).want(400, "InvalidBlockList")
	w.do("PUT", at+"?comp=blocklist", blocksXML("Committed", blockID(2))).want(400, "InvalidBlockList")
	w.do("PUT", at+"?comp=blocklist", "<BlockList").want(400, "InvalidXmlDocument")
	w.do("PUT", at+"?comp=blocklist", blocksXML("Latest", blockID(2), blockID(0), blockID(1), blockID(0)),
		"x-ms-blob-content-type: text/plain", "x-ms-meta-k: v", "x-ms-blob-content-md5: "+sum("cccaaaBBaaa")).want(201)
	r := w.do("GET", at, "").want(200)
	if r.body != "cccaaaBBaaa" || r.header("x-ms-meta-k") != "v" || r.Header.Get("Content-Type") != "text/plain" || r.Header.Get("Content-MD5") != sum("cccaaaBBaaa") {
		t.Errorf("%q %v", r.body, r.Header)
	}
	if n := w.waiting(); n != 0 {
		t.Errorf("%d blocks are left", n)
	}
	w.do("PUT", at+"?comp=block&blockid="+query(blockID(1)), "x", "Content-MD5: "+sum("y")).want(400, "Md5Mismatch")
	for _, bad := range []string{"", "!!", query(base64.StdEncoding.EncodeToString(make([]byte, 65)))} {
		w.do("PUT", at+"?comp=block&blockid="+bad, "x").want(400, "InvalidQueryParameterValue")
	}
	w.do("PUT", at+"?comp=blocklist", blocksXML("Latest")).want(201)
	if r := w.do("GET", at, "").want(200); r.body != "" {
		t.Errorf("an empty list makes %q", r.body)
	}
}

func TestBlocksThatNobodyLists(t *testing.T) {
	w := newWorld(t)
	at := "/" + upload + "/a"
	w.do("PUT", at+"?comp=block&blockid=AAAA", "x").want(201)
	w.put(at, "whole").want(201)
	if n := w.waiting(); n != 0 {
		t.Errorf("after Put Blob %d blocks wait", n)
	}
	w.do("PUT", at+"?comp=block&blockid=AAAA", "x").want(201)
	must(t, w.s.Sweep(t.Context()))
	if n := w.waiting(); n != 1 {
		t.Errorf("%d blocks wait; a young one is to stay", n)
	}
	w.mu.Lock()
	w.now = w.now.Add(blockLife + time.Minute)
	w.mu.Unlock()
	must(t, w.s.Sweep(t.Context()))
	if n := w.waiting(); n != 0 {
		t.Errorf("%d old blocks wait", n)
	}
	if r := w.do("GET", at, "").want(200); r.body != "whole" {
		t.Errorf("the sweep touched the blob: %q", r.body)
	}
}

// TestConcurrentWrites: whoever wins, bytes and metadata are of one writer.
func TestConcurrentWrites(t *testing.T) {
	w := newWorld(t)
	at := "/" + data + "/a"
	var wg sync.WaitGroup
	created := make(chan int, 40)
	for i := range 20 {
		wg.Go(func() {
			text := strings.Repeat(string(rune('a'+i)), 1000)
			w.put(at, text, "x-ms-meta-of: "+text[:1])
			if w.put("/"+data+"/once", text, "If-None-Match: *").StatusCode == 201 {
				created <- i
			}
		})
	}
	wg.Wait()
	if len(created) != 1 {
		t.Errorf("%d writers made the same blob", len(created))
	}
	r := w.do("GET", at, "").want(200)
	if r.header("x-ms-meta-of") != r.body[:1] || strings.Trim(r.body, r.body[:1]) != "" {
		t.Errorf("mixed: %q and %.20q", r.header("x-ms-meta-of"), r.body)
	}
}

// endless gives n bytes out of nothing.
type endless int64

func (e *endless) Read(p []byte) (int, error) {
	if *e == 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), int64(*e))
	*e -= endless(n)
	return int(n), nil
}

// TestBytesAreStreamed sends more than the memory that it may take.
func TestBytesAreStreamed(t *testing.T) {
	w := newWorld(t)
	srv := httptest.NewServer(w.s)
	defer srv.Close()
	const size = 256 << 20
	send := func(method, path string, body io.Reader, n int64) *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), method, srv.URL+path+"?"+w.sas(data, "racwdl"), body)
		must(t, err)
		r.Host, r.ContentLength = host, n
		r.Header.Set("x-ms-blob-type", "BlockBlob")
		resp, err := http.DefaultClient.Do(r)
		must(t, err)
		return resp
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	e := endless(size)
	if resp := send("PUT", "/"+data+"/big", &e, size); resp.StatusCode != 201 {
		t.Fatal(resp.Status)
	}
	resp := send("GET", "/"+data+"/big", nil, 0)
	n, err := io.Copy(io.Discard, resp.Body)
	must(t, err)
	resp.Body.Close()
	runtime.ReadMemStats(&after)
	if n != size {
		t.Errorf("%d bytes came back", n)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 16<<20 {
		t.Errorf("%d bytes were allocated on the way", used)
	}
	half := endless(1000)
	r, err := http.NewRequestWithContext(t.Context(), "PUT", srv.URL+"/"+data+"/cut?"+w.sas(data, "w"), io.MultiReader(&half, broken{}))
	must(t, err)
	r.Host, r.ContentLength = host, 2000
	r.Header.Set("x-ms-blob-type", "BlockBlob")
	if resp, err := http.DefaultClient.Do(r); err == nil {
		resp.Body.Close()
		t.Errorf("an upload that breaks off is answered with %s", resp.Status)
	}
	srv.Close() // waits for the handler
	w.do("HEAD", "/"+data+"/cut", "").want(404)
	err = filepath.WalkDir(w.blobs.(*blob.Dir).Root, func(path string, _ os.DirEntry, err error) error {
		if strings.HasSuffix(path, ".partial~") {
			t.Errorf("%s is left", path)
		}
		return err
	})
	must(t, err)
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }
