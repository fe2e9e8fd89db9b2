package azblob

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/auth"
	"github.com/atelier-compute/atelier/internal/blob"
)

// needs are all operations with the permission that each takes.
var needs = map[string]struct{ method, path, any string }{
	"get":       {"GET", "/a", "r"},
	"head":      {"HEAD", "/a", "r"},
	"metadata":  {"GET", "/a?comp=metadata", "r"},
	"blocks":    {"GET", "/a?comp=blocklist", "r"},
	"put":       {"PUT", "/new", "cw"},
	"overwrite": {"PUT", "/a", "w"},
	"block":     {"PUT", "/a?comp=block&blockid=AAAA", "cw"},
	"set-meta":  {"PUT", "/a?comp=metadata", "w"},
	"set-props": {"PUT", "/a?comp=properties", "w"},
	"delete":    {"DELETE", "/a", "d"},
	"list":      {"GET", "?restype=container&comp=list", "l"},
	"container": {"GET", "?restype=container", "rl"},
	"create":    {"PUT", "?restype=container", "cw"},
}

func TestPermissionsOfSignatures(t *testing.T) {
	for name, op := range needs {
		for _, p := range auth.PermissionsAll {
			t.Run(name+"-"+string(p), func(t *testing.T) {
				w := newWorld(t)
				w.put("/"+data+"/a", "x").want(201)
				r := w.raw(op.method, "/"+data+op.path+glue(op.path)+w.sas(data, string(p)), "", "x-ms-blob-type: BlockBlob")
				if allowed := strings.ContainsRune(op.any, p); (r.StatusCode == 403) == allowed {
					t.Fatalf("with %c: %d %s", p, r.StatusCode, r.body)
				}
			})
		}
	}
}

func glue(path string) string {
	if strings.Contains(path, "?") {
		return "&"
	}
	return "?"
}

func TestNobodyIsAnonymous(t *testing.T) {
	w := newWorld(t)
	w.put("/"+data+"/a", "x").want(201)
	for name, op := range needs {
		t.Run(name, func(t *testing.T) {
			r := w.raw(op.method, "/"+data+op.path, "", "x-ms-blob-type: BlockBlob")
			r.t = t
			r.want(401, "NoAuthenticationInformation")
			if !strings.Contains(r.Header.Get("WWW-Authenticate"), "authorization_uri=https://localhost:8443/tenant-1/") {
				t.Errorf("%v", r.Header)
			}
			r = w.raw(op.method, "/"+data+op.path, "", "x-ms-blob-type: BlockBlob", "Authorization: Bearer mallory")
			r.t = t
			r.want(401, "InvalidAuthenticationInfo")
			r = w.raw(op.method, "/"+data+op.path, "", "x-ms-blob-type: BlockBlob", "Authorization: SharedKey a:b")
			r.t = t
			r.want(401)
		})
	}
}

func TestTokens(t *testing.T) {
	for name, op := range needs {
		t.Run(name, func(t *testing.T) {
			as := func(who string) int {
				w := newWorld(t)
				w.put("/"+data+"/a", "x").want(201)
				return w.raw(op.method, "/"+data+op.path, "", "x-ms-blob-type: BlockBlob", "Authorization: Bearer "+who).StatusCode
			}
			if got := as("ann"); got >= 400 && got != 409 {
				t.Errorf("the owner gets %d", got)
			}
			if got := as("bob"); got != 404 {
				t.Errorf("who may not see the workspace gets %d", got)
			}
			if got, reads := as("eve"), strings.Trim(op.any, "rl") == ""; (got < 400) != reads {
				t.Errorf("a reader gets %d", got)
			}
		})
	}
	w := newWorld(t)
	hidden := w.raw("GET", "/"+data+"/a", "", "Authorization: Bearer bob")
	none := w.raw("GET", "/azureml-blobstore-none/a", "", "Authorization: Bearer bob")
	cut := func(s string) string { s, _, _ = strings.Cut(s, "RequestId"); return s }
	if hidden.StatusCode != none.StatusCode || cut(hidden.body) != cut(none.body) {
		t.Errorf("a hidden container answers %q, one that does not exist %q", hidden.body, none.body)
	}
}

// TestSignaturesOpenOneContainer tries a signature of each container at the others.
func TestSignaturesOpenOneContainer(t *testing.T) {
	w := newWorld(t)
	second := atelier.UploadContainer(mainUID, "fedcba9876543210")
	containers := []string{data, others, upload, second, atelier.Container(mainUID, atelier.ArtifactStore)}
	for _, c := range containers {
		w.put("/"+c+"/a/b", "secret of "+c).want(201)
	}
	for _, from := range containers {
		sig := w.sas(from, auth.PermissionsAll)
		for _, to := range containers {
			if from == to {
				continue
			}
			for _, path := range []string{
				"/" + to + "/a/b", "/" + strings.ToUpper(to) + "/a/b", "/" + from + "/../" + to + "/a/b", "/" + from + "%2f..%2f" + to + "/a/b",
				"/" + from + "/%2e%2e/" + to + "/a/b", "/" + to + "%2Fa%2Fb", "//" + to + "/a/b", "/" + from + "/..%5c" + to + "/a/b",
				"/" + from + "/../../" + mainUID + "/workspaceblobstore/a/b", "/" + from + "/a/../../" + to + "/a/b", "/./" + to + "/a/b",
			} {
				r := w.raw("GET", path+"?"+sig, "")
				if r.StatusCode < 400 || strings.Contains(r.body, "secret of") {
					t.Errorf("GET %s with a signature of %s: %d %s", path, from, r.StatusCode, r.body)
				}
			}
			if r := w.raw("GET", "/"+to+"?restype=container&comp=list&"+sig, ""); r.StatusCode != 403 {
				t.Errorf("list of %s: %d", to, r.StatusCode)
			}
		}
		r := w.raw("GET", "/"+from+"?restype=container&comp=list&prefix=../&"+sig, "").want(200)
		if strings.Contains(r.body, "<Blob>") {
			t.Errorf("a list reaches out: %s", r.body)
		}
	}
}

func TestSignaturesOfOneBlobAndExpiry(t *testing.T) {
	w := newWorld(t)
	w.put("/"+data+"/a/b", "x").want(201)
	w.put("/"+data+"/a/c", "x").want(201)
	one := w.s.SAS.Sign(auth.Access{Container: data, Path: "a/b", Permissions: "r", Expiry: w.now.Add(time.Minute)})
	w.raw("GET", "/"+data+"/a/b?"+one, "").want(200)
	w.raw("GET", "/"+data+"/a/c?"+one, "").want(403, "AuthenticationFailed")
	w.raw("GET", "/"+data+"?restype=container&comp=list&"+one, "").want(403, "AuthenticationFailed")
	folder := w.s.SAS.Sign(auth.Access{Container: data, Path: "a", Folder: true, Permissions: "r", Expiry: w.now.Add(time.Minute)})
	w.raw("GET", "/"+data+"/a/c?"+folder, "").want(200)
	w.raw("GET", "/"+data+"/b?"+folder, "").want(403, "AuthenticationFailed")
	w.mu.Lock()
	w.now = w.now.Add(time.Minute)
	w.mu.Unlock()
	w.raw("GET", "/"+data+"/a/b?"+one, "").want(403, "AuthenticationFailed")
}

func TestNamesThatLeadOut(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{
		"..", "../x", "a/../../x", "%2e%2e/x", "a/%2e%2e%2fx", `a%5cb`, `..%5c..%5cx`, "a//b", "/a", "a/", "./a", "a/./b", "%00", "a%00b", "a%0ab", "a%7f",
		"%ff%fe", "x.partial~", strings.Repeat("y", 300), strings.Repeat("x/", 1200) + "x",
	} {
		for _, method := range []string{"PUT", "GET", "DELETE"} {
			r := w.do(method, "/"+data+"/"+name, "x", "x-ms-blob-type: BlockBlob")
			if r.StatusCode != 400 {
				t.Errorf("%s %.60q: %d %s", method, name, r.StatusCode, r.body)
			}
		}
	}
	if list, err := w.blobs.List(t.Context(), ""); err != nil || len(list) != 0 {
		t.Errorf("something was stored: %v %v", list, err)
	}
}

// FuzzPath: whatever the path, what is written is in the container.
func FuzzPath(f *testing.F) {
	for _, p := range []string{"/a/b", "/../x", "/%2e%2e/x", "/a%2f..%2f..%2fx", `/..\x`, "//x", "/%00", "/a/b?comp=metadata"} {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, path string) {
		u, err := url.Parse("https://" + host + "/" + data + path)
		if err != nil || u.Host != host || u.RawQuery != "" {
			return
		}
		w := newWorld(t)
		root := t.TempDir()
		w.s.Blobs = &blob.Dir{Root: filepath.Join(root, "in")}
		r := w.put(strings.TrimPrefix(u.String(), "https://"+host), "x")
		if r.StatusCode >= 500 {
			t.Fatalf("%q: %d %s\n%s", path, r.StatusCode, r.body, w.log.String())
		}
		out, err := os.ReadDir(root)
		must(t, err)
		if len(out) > 1 {
			t.Fatalf("%q wrote outside: %v", path, out)
		}
		list, err := w.s.Blobs.List(t.Context(), "")
		must(t, err)
		for _, b := range list {
			if !strings.HasPrefix(b.Key, mainUID+"/workspaceblobstore/") && !strings.HasPrefix(b.Key, mainUID+"/properties/") {
				t.Fatalf("%q wrote %q", path, b.Key)
			}
		}
	})
}
