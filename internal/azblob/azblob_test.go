package azblob

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/binary"
	"hash/crc64"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/store"
)

func TestBlobLife(t *testing.T) {
	w := newWorld(t)
	at := "/" + data + "/LocalUpload/abc/train.py"
	w.do("HEAD", at, "").want(404, "BlobNotFound")
	w.do("GET", at, "").want(404, "BlobNotFound")
	r := w.put(at, "print(1)", "x-ms-version: 2026-06-06", "x-ms-client-request-id: c1").want(201)
	if r.Header.Get("ETag") == "" || r.Header.Get("Last-Modified") == "" || r.Header.Get("x-ms-version") != "2026-06-06" || r.Header.Get("x-ms-request-id") == "" || r.Header.Get("x-ms-client-request-id") != "c1" {
		t.Errorf("headers: %v", r.Header)
	}
	if got := w.stored(mainUID + "/workspaceblobstore/LocalUpload/abc/train.py"); got != "print(1)" {
		t.Errorf("stored %q", got)
	}
	g := w.do("GET", at, "").want(200)
	if g.body != "print(1)" || g.Header.Get("ETag") != r.Header.Get("ETag") || g.Header.Get("x-ms-blob-type") != "BlockBlob" || g.Header.Get("Content-Type") != "application/octet-stream" || g.Header.Get("Content-Length") != "8" {
		t.Errorf("%q %v", g.body, g.Header)
	}
	if h := w.do("HEAD", at, "").want(200); h.body != "" || h.Header.Get("Content-Length") != "8" {
		t.Errorf("HEAD: %q %v", h.body, h.Header)
	}
	w.put(at, "other", "If-None-Match: *").want(409, "BlobAlreadyExists")
	w.put(at, "print(22)").want(201)
	if g := w.do("GET", at, "").want(200); g.body != "print(22)" || g.Header.Get("ETag") == r.Header.Get("ETag") {
		t.Errorf("after an overwrite: %q, %v", g.body, g.Header)
	}
	w.do("DELETE", at, "").want(202)
	w.do("DELETE", at, "").want(404, "BlobNotFound")
	w.do("HEAD", at, "").want(404, "BlobNotFound")
}

func TestEscapedSlashesAreSlashes(t *testing.T) {
	w := newWorld(t)
	w.put("/"+data+"/a%2Fb%2fc%20d.txt", "x").want(201)
	if got := w.do("GET", "/"+data+"/a/b/c%20d.txt", "").want(200).body; got != "x" {
		t.Fatalf("got %q", got)
	}
	w.put("/"+data+"/a/%252e%252e/x", "y").want(201) // decoded once: a folder called "%2e%2e"
	if got := w.stored(mainUID + "/workspaceblobstore/a/%2e%2e/x"); got != "y" {
		t.Fatalf("got %q", got)
	}
}

func TestMetadataAndProperties(t *testing.T) {
	w := newWorld(t)
	at := "/" + upload + "/src/main.py"
	one := w.put(at, "x", "x-ms-meta-First: 1", "x-ms-blob-content-type: text/x-python").want(201)
	w.do("PUT", at+"?comp=metadata", "", "x-ms-meta-upload_status: completed", "x-ms-meta-Name: n1", "x-ms-meta-version: 1").want(200)
	for method, path := range map[string]string{"HEAD": at, "GET": at + "?comp=metadata"} {
		r := w.do(method, path, "").want(200)
		if r.header("x-ms-meta-upload_status") != "completed" || r.header("x-ms-meta-name") != "n1" || r.header("x-ms-meta-first") != "" {
			t.Errorf("%s %s: %v", method, path, r.Header)
		}
		if r.Header.Get("ETag") == one.Header.Get("ETag") {
			t.Error("the ETag does not tell that the metadata changed")
		}
	}
	if r := w.do("HEAD", at, ""); r.Header.Get("Content-Type") != "text/x-python" {
		t.Errorf("the type is lost: %v", r.Header)
	}
	w.do("PUT", at+"?comp=properties", "", "x-ms-blob-content-type: text/plain", "x-ms-blob-cache-control: no-store").want(200)
	if r := w.do("HEAD", at, ""); r.Header.Get("Content-Type") != "text/plain" || r.Header.Get("Cache-Control") != "no-store" || r.header("x-ms-meta-name") != "n1" {
		t.Errorf("after set properties: %v", r.Header)
	}
	w.put(at, "y").want(201)
	if r := w.do("HEAD", at, ""); r.header("x-ms-meta-name") != "" || r.Header.Get("Content-Type") != "application/octet-stream" {
		t.Errorf("a new blob has the old one's properties: %v", r.Header)
	}
	w.do("PUT", "/"+data+"/none?comp=metadata", "").want(404, "BlobNotFound")
	for _, bad := range []string{"x-ms-meta-1a: x", "x-ms-meta-a-b: x", "x-ms-meta-a: caf\u00e9", "x-ms-meta-a: " + strings.Repeat("x", 9000)} {
		w.do("PUT", at+"?comp=metadata", "", bad).want(400)
	}
}

// TestOthersWriteToo: an agent that writes a blob knows of no properties.
func TestPropertiesOfAnotherBlobAreVoid(t *testing.T) {
	w := newWorld(t)
	at := "/" + data + "/a"
	w.put(at, "x", "x-ms-meta-k: v").want(201)
	_, err := w.blobs.Put(t.Context(), mainUID+"/workspaceblobstore/a", 0, strings.NewReader("longer"))
	must(t, err)
	if r := w.do("HEAD", at, "").want(200); r.header("x-ms-meta-k") != "" {
		t.Fatalf("the metadata is still there: %v", r.Header)
	}
}

func TestRanges(t *testing.T) {
	w := newWorld(t)
	at := "/" + data + "/digits"
	w.put(at, "0123456789", "Content-MD5: "+sum("0123456789")).want(201)
	w.put("/"+data+"/empty", "").want(201)
	for name, tc := range map[string]struct {
		path, header string
		status       int
		body, span   string
	}{
		"first":         {at, "x-ms-range: bytes=0-3", 206, "0123", "bytes 0-3/10"},
		"rest":          {at, "x-ms-range: bytes=7-", 206, "789", "bytes 7-9/10"},
		"longer":        {at, "Range: bytes=8-33554431", 206, "89", "bytes 8-9/10"},
		"one":           {at, "x-ms-range: bytes=9-9", 206, "9", "bytes 9-9/10"},
		"beyond":        {at, "x-ms-range: bytes=10-20", 416, "", "bytes */10"},
		"of-empty":      {"/" + data + "/empty", "x-ms-range: bytes=0-33554431", 416, "", "bytes */0"},
		"huge":          {at, "x-ms-range: bytes=0-9223372036854775807", 206, "0123456789", "bytes 0-9/10"},
		"suffix":        {at, "Range: bytes=-3", 200, "0123456789", ""},
		"two":           {at, "Range: bytes=0-1,3-4", 200, "0123456789", ""},
		"backwards":     {at, "Range: bytes=4-2", 200, "0123456789", ""},
		"another-unit":  {at, "Range: lines=1-2", 200, "0123456789", ""},
		"not-a-range":   {at, "Range: bytes=x", 200, "0123456789", ""},
		"empty-is-sent": {"/" + data + "/empty", "Range: ", 200, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.do("GET", tc.path, "", tc.header)
			r.t = t
			r.want(tc.status)
			if tc.status != 416 && r.body != tc.body || r.Header.Get("Content-Range") != tc.span {
				t.Fatalf("%q, Content-Range %q", r.body, r.Header.Get("Content-Range"))
			}
		})
	}
	r := w.do("GET", at, "", "x-ms-range: bytes=0-3", "x-ms-range-get-content-md5: true").want(206)
	if r.Header.Get("Content-MD5") != sum("0123") || r.Header.Get("x-ms-blob-content-md5") != sum("0123456789") {
		t.Errorf("sums: %v", r.Header)
	}
	if r := w.do("GET", at, "").want(200); r.Header.Get("Content-MD5") != sum("0123456789") {
		t.Errorf("sum: %v", r.Header)
	}
}

func sum(s string) string {
	b := md5.Sum([]byte(s))
	return base64.StdEncoding.EncodeToString(b[:])
}

func TestBrokenTransfersLeaveNothing(t *testing.T) {
	w := newWorld(t)
	crc := func(s string) string {
		return base64.StdEncoding.EncodeToString(binary.LittleEndian.AppendUint64(nil, crc64.Checksum([]byte(s), azureCRC)))
	}
	at := "/" + data + "/a"
	w.put(at, "abc", "Content-MD5: "+sum("abd")).want(400, "Md5Mismatch")
	w.put(at, "abc", "x-ms-content-crc64: "+crc("abd")).want(400, "Crc64Mismatch")
	w.put(at, "abc", "Content-MD5: nonsense").want(400, "InvalidHeaderValue")
	w.do("HEAD", at, "").want(404)
	w.put(at, "abc", "Content-MD5: "+sum("abc"), "x-ms-content-crc64: "+crc("abc")).want(201)
	w.put(at, "abc", "x-ms-structured-body: XSM/1.0; properties=crc64").want(400, "UnsupportedHeader")
	if crc("123456789") != base64.StdEncoding.EncodeToString(binary.LittleEndian.AppendUint64(nil, 0xae8b14860a799888)) {
		t.Errorf("the polynomial is not Azure's (NVMe): %s", crc("123456789"))
	}
}

func TestConditions(t *testing.T) {
	w := newWorld(t)
	at := "/" + data + "/a"
	before, after := w.now.Add(-time.Hour).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT"), w.now.Add(time.Hour).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")
	for name, tc := range map[string]struct {
		header     string
		get, write int
	}{
		"match":              {`If-Match: "ETAG"`, 200, 201},
		"match-without":      {"If-Match: ETAG", 200, 201},
		"match-any":          {"If-Match: *", 200, 201},
		"match-other":        {`If-Match: "0x1"`, 412, 412},
		"none-match":         {`If-None-Match: "0x1", "ETAG"`, 304, 412},
		"none-match-other":   {`If-None-Match: "0x1"`, 200, 201},
		"none-match-any":     {"If-None-Match: *", 304, 409},
		"modified-since":     {"If-Modified-Since: " + before, 200, 201},
		"not-modified-since": {"If-Modified-Since: " + after, 304, 412},
		"unmodified-since":   {"If-Unmodified-Since: " + after, 200, 201},
		"modified":           {"If-Unmodified-Since: " + before, 412, 412},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			etag := w.put(at, "x").want(201).Header.Get("ETag")
			header := func() string { return strings.Replace(tc.header, "ETAG", strings.Trim(etag, `"`), 1) }
			w.do("GET", at, "", header()).want(tc.get)
			meta := w.do("PUT", at+"?comp=metadata", "", header())
			if tc.write == 201 {
				etag = meta.want(200).Header.Get("ETag")
			} else {
				meta.want(tc.write)
			}
			w.put(at, "x", header()).want(tc.write)
		})
	}
	w.put("/"+data+"/new", "x", "If-Match: *").want(412, "ConditionNotMet")
	w.put("/"+data+"/new", "x", "If-None-Match: *").want(201)
}

func TestWhatIsNotServed(t *testing.T) {
	w := newWorld(t)
	for name, tc := range map[string]struct{ method, path, header, code string }{
		"append-blob":      {"PUT", "/" + data + "/a", "x-ms-blob-type: AppendBlob", "UnsupportedHeader"},
		"no-type":          {"PUT", "/" + data + "/a", "", "UnsupportedHeader"},
		"copy":             {"PUT", "/" + data + "/a", "x-ms-copy-source: https://x", "UnsupportedHeader"},
		"lease":            {"PUT", "/" + data + "/a?comp=lease", "", "UnsupportedOperation"},
		"batch":            {"POST", "/" + data + "?restype=container&comp=batch", "", "UnsupportedOperation"},
		"delete-container": {"DELETE", "/" + data + "?restype=container", "", "UnsupportedOperation"},
		"list-containers":  {"GET", "/?comp=list", "", "UnsupportedOperation"},
		"snapshot":         {"GET", "/" + data + "/a?snapshot=x", "", "UnsupportedQueryParameter"},
		"plain-container":  {"GET", "/" + data, "", "UnsupportedOperation"},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.do(tc.method, tc.path, "", tc.header)
			r.t = t
			r.want(400, tc.code)
		})
	}
	w.do("PUT", "/"+data+"?restype=container", "").want(409, "ContainerAlreadyExists")
	if r := w.do("GET", "/"+data+"?restype=container", "").want(200); r.Header.Get("ETag") == "" {
		t.Errorf("container: %v", r.Header)
	}
	w.do("PUT", "/mine?restype=container", "").want(404, "ContainerNotFound")
	w.raw("GET", "/x/y", "", "Host: other.blob.core.atelier.internal").want(404, "ResourceNotFound")
	for h, want := range map[string]bool{host: true, strings.ToUpper(host): true, "x.blob.core.atelier.internal": true, "localhost:8443": false, "127.0.0.1": false, account + ".blob.core.atelier.internal.evil.org": false} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = h
		if w.s.Serves(r) != want {
			t.Errorf("Serves(%s) is %t", h, !want)
		}
	}
	if w.log.Len() > 0 {
		t.Errorf("faults: %s", w.log.String())
	}
}

func TestFilesOfVersionsDoNotChange(t *testing.T) {
	w := newWorld(t)
	of := "codes/src/1/33333333-3333-3333-3333-333333333333/a.py"
	_, err := w.blobs.Put(t.Context(), mainUID+"/workspaceblobstore/"+of, 0, strings.NewReader("x"))
	must(t, err)
	at := "/" + data + "/" + of
	w.do("GET", at, "").want(200)
	w.put(at, "y").want(403, "BlobImmutable")
	w.put("/"+data+"/codes/src/1/33333333-3333-3333-3333-333333333333/new.py", "y").want(403, "BlobImmutable")
	w.do("DELETE", at, "").want(403, "BlobImmutable")
	w.do("PUT", at+"?comp=metadata", "").want(403, "BlobImmutable")
	w.do("PUT", at+"?comp=block&blockid=AAAA", "y").want(403, "BlobImmutable")
	w.do("PUT", at+"?comp=blocklist", "<BlockList/>").want(403, "BlobImmutable")
	w.put("/"+data+"/data/2026/11/a.csv", "mine").want(201)
}

func TestFileAndFolderOfOneName(t *testing.T) {
	w := newWorld(t)
	w.put("/"+data+"/a/b", "x").want(201)
	w.put("/"+data+"/a", "x").want(409, "BlobNameConflict")
	w.put("/"+data+"/a/b/c", "x").want(409, "BlobNameConflict")
	w.do("DELETE", "/"+data+"/a", "").want(404, "BlobNotFound")
	w.do("GET", "/"+data+"/a/b", "").want(200)
}

func TestContainersGoWithTheirWorkspace(t *testing.T) {
	w := newWorld(t)
	w.put("/"+data+"/a", "x").want(201)
	must(t, w.db.Do(t.Context(), func(tx *store.Tx) error {
		ws, err := store.Get[atelier.Workspace](tx, atelier.WorkspaceID("s", "g", "Main"))
		if err == nil {
			ws.DeletedAt = w.now
			err = store.Put(tx, ws)
		}
		return err
	}))
	w.do("GET", "/"+data+"/a", "").want(404, "ContainerNotFound")
	w.do("GET", "/"+upload+"/a", "").want(404, "ContainerNotFound")
	w.put("/"+others+"/a", "x").want(201)
}
