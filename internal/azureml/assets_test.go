package azureml

import (
	"archive/tar"
	"bytes"
	"strings"
	"testing"

	"github.com/atelier-compute/atelier"
)

func TestAssetVersionsAreImmutable(t *testing.T) {
	for kind, tc := range map[string]struct{ first, other, field string }{
		"environments": {`{"properties":{"image":"python:3.12","condaFile":"name: x","isAnonymous":true}}`, `{"properties":{"image":"python:3.13"}}`, "properties.image"},
		"codes":        {`{"properties":{"codeUri":"azureml://datastores/workspaceblobstore/paths/x"}}`, `{"properties":{"codeUri":"azureml://datastores/workspaceblobstore/paths/y"}}`, "properties.codeUri"},
		"data":         {`{"properties":{"dataType":"uri_folder","dataUri":"https://example.org/x"}}`, `{"properties":{"dataType":"uri_file","dataUri":"https://example.org/x"}}`, "properties.dataType"},
	} {
		t.Run(kind, func(t *testing.T) {
			w := newWorld(t)
			url := wsURL + "/" + kind + "/My.Asset/versions/1"
			w.ann("GET", url, "").wantError(404, "UserError", "")
			w.ann("GET", wsURL+"/"+kind+"/My.Asset", "").wantError(404, "UserError", "")
			made := w.ann("PUT", url, tc.first).want(201).wantAt("name", "1").wantAt("id", url).wantAt("properties.provisioningState", "Succeeded")
			w.ann("PUT", url, tc.first).want(200)
			w.ann("PUT", url, made.body).want(200)
			w.ann("PUT", url, tc.other).wantError(409, "AssetVersionConflict", tc.field)
			w.ann("PUT", url, `{"properties":{"tags":{"a":"b"}}}`).want(200).wantAt("properties.tags.a", "b")
			w.ann("GET", wsURL+"/"+kind+"/my.asset", "").want(200).wantAt("properties.latestVersion", "1").wantAt("properties.nextVersion", "2").wantAt("name", "My.Asset")
			w.ann("DELETE", url, "").want(200)
			w.ann("DELETE", url, "").want(204)
		})
	}
}

func TestAssetRules(t *testing.T) {
	w := newWorld(t)
	for name, tc := range map[string]struct{ url, body, code, target string }{
		"code-without-uri":  {"/codes/a/versions/1", `{"properties":{}}`, "InvalidRequestContent", "properties.codeUri"},
		"code-elsewhere":    {"/codes/a/versions/1", `{"properties":{"codeUri":"https://acct.blob.example.org/c"}}`, "UriNotSupported", "properties.codeUri"},
		"data-without-type": {"/data/a/versions/1", `{"properties":{"dataUri":"x"}}`, "InvalidRequestContent", "properties.dataType"},
		"mltable":           {"/data/a/versions/1", `{"properties":{"dataUri":"x","dataType":"mltable"}}`, "DataTypeNotSupported", "properties.dataType"},
		"build-context":     {"/environments/a/versions/1", `{"properties":{"build":{"contextUri":"x"}}}`, "BuildNotSupported", "properties.build"},
		"no-properties":     {"/environments/a/versions/1", `{}`, "InvalidRequestContent", "properties"},
		"bad-name":          {"/environments/a%20b/versions/1", `{"properties":{}}`, "InvalidName", "name"},
		"bad-version":       {"/environments/a/versions/1%2B", `{"properties":{}}`, "InvalidName", "name"},
		"wrong-type":        {"/environments/a/versions/1", `{"properties":{"image":7}}`, "InvalidRequestContent", "properties.image"},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.ann("PUT", wsURL+tc.url, tc.body)
			r.t = t
			r.wantError(400, tc.code, tc.target)
		})
	}
}

func TestListVersions(t *testing.T) {
	w := newWorld(t)
	env := func(name, version, more string) {
		w.ann("PUT", wsURL+"/environments/"+name+"/versions/"+version, `{"properties":{"image":"i"`+more+`}}`).want(201)
	}
	env("a", "1", "")
	env("ab", "9", "")
	env("a", "2", `,"properties":{"hash_sha256":"abc","hash_version":202208}`)
	env("a", "3", `,"isArchived":true`)
	env("CliV2AnonymousEnvironment", "x", `,"isAnonymous":true`)
	w.ann("GET", wsURL+"/environments/a/versions", "").want(200).wantAt("value.0.name", "2").wantAt("value.1.name", "1").wantAt("value.2", nil)
	w.ann("GET", wsURL+"/environments/a/versions?$orderBy=createdtime%20asc&listViewType=All", "").want(200).wantAt("value.0.name", "1").wantAt("value.2.name", "3")
	w.ann("GET", wsURL+"/environments/a/versions?hash=abc&hashVersion=202208", "").want(200).wantAt("value.0.name", "2").wantAt("value.1", nil)
	r := w.ann("GET", wsURL+"/environments/a/versions?$top=2", "").want(200).wantAt("value.0.name", "2").wantAt("value.1", nil)
	w.ann("GET", r.at("nextLink").(string), "").want(200).wantAt("value.0.name", "1").wantAt("nextLink", nil)
	r = w.ann("GET", wsURL+"/environments?$top=1", "").want(200).wantAt("value.0.name", "a").wantAt("value.1", nil)
	w.ann("GET", r.at("nextLink").(string), "").want(200).wantAt("value.0.name", "ab").wantAt("nextLink", nil)
}

func TestUpload(t *testing.T) {
	w := newWorld(t)
	url := wsURL + "/codes/src/versions/1"
	first := w.raw("ann", "POST", url+"/upload", archive(t, "main.py", "print(1)", "lib/x.py", "x")).want(201).
		wantAt("properties.fileCount", 2).wantAt("properties.sizeBytes", 9)
	uri := first.at("properties.codeUri").(string)
	prefix, err := atelier.BlobKey(w.main, uri)
	must(t, err)
	if !strings.HasPrefix(prefix, w.main.UID+"/workspaceblobstore/codes/src/1/") {
		t.Fatalf("the files are at %s", prefix)
	}
	w.raw("ann", "POST", url+"/upload", archive(t, "lib/x.py", "x", "main.py", "print(1)")).want(200).wantAt("properties.codeUri", uri)
	w.ann("GET", url+"/files", "").want(200).wantAt("value.0.path", "lib/x.py").wantAt("value.1.path", "main.py").wantAt("value.1.size", 8)
	if r := w.ann("GET", url+"/files/main.py", "").want(200); r.body != "print(1)" || !strings.HasPrefix(r.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("%q %v", r.body, r.Header)
	}
	w.ann("GET", url+"/files/none", "").wantError(404, "FileNotFound", "")
	w.ann("GET", strings.Replace(url, "/versions/1", "/versions/7", 1)+"/files", "").want(404)
	w.as("bob", "GET", url+"/files/main.py", "").want(404)
	w.raw("ann", "POST", url+"/upload", archive(t, "main.py", "print(2)")).wantError(409, "AssetVersionConflict", "")
	w.ann("PUT", url, first.body).want(200)
	files, err := w.api.Blobs.List(t.Context(), "")
	must(t, err)
	if len(files) != 2 {
		t.Fatalf("there are %d files, want those of the first upload only: %v", len(files), files)
	}
	w.ann("DELETE", url, "").want(200)
	if files, err = w.api.Blobs.List(t.Context(), ""); err != nil || len(files) != 0 {
		t.Fatalf("left over: %v %v", files, err)
	}
}

func TestUploadOfData(t *testing.T) {
	w := newWorld(t)
	one := w.raw("ann", "POST", wsURL+"/data/d/versions/1/upload?type=uri_file", archive(t, "a.csv", "1,2")).want(201).wantAt("properties.dataType", "uri_file")
	if uri := one.at("properties.dataUri").(string); !strings.HasSuffix(uri, "/a.csv") {
		t.Fatalf("a file's URI is %s", uri)
	}
	w.raw("ann", "POST", wsURL+"/data/d/versions/1/upload?type=uri_folder", archive(t, "a.csv", "1,2")).wantError(409, "AssetVersionConflict", "")
	w.raw("ann", "POST", wsURL+"/data/d/versions/2/upload?type=uri_file", archive(t, "a", "", "b", "")).wantError(400, "InvalidArchive", "type")
	w.raw("ann", "POST", wsURL+"/data/d/versions/2/upload?type=table", archive(t, "a", "")).wantError(400, "InvalidDataType", "type")
	w.cluster("gpu")
	w.ann("PUT", wsURL+"/jobs/j", jobBody("gpu", `,"inputs":{"d":{"jobInputType":"uri_file","uri":"azureml:d:1"}}`)).want(201)
}

func TestUploadRefuses(t *testing.T) {
	link := func() *bytes.Buffer {
		var b bytes.Buffer
		tw := tar.NewWriter(&b)
		must(t, tw.WriteHeader(&tar.Header{Name: "x", Linkname: "/etc/passwd", Typeflag: tar.TypeSymlink}))
		must(t, tw.Close())
		return &b
	}
	many := make([]string, 0, 40)
	for i := range 20 {
		many = append(many, "f"+strings.Repeat("x", i), "")
	}
	for name, tc := range map[string]struct {
		body   *bytes.Buffer
		status int
		names  string // what the message must name
	}{
		"dot-dot":  {archive(t, "../evil", "x"), 400, "evil"},
		"absolute": {archive(t, "/etc/evil", "x"), 400, "evil"},
		"link":     {link(), 400, `x`},
		"twice":    {archive(t, "a", "1", "a", "2"), 400, `a`},
		"empty":    {archive(t), 400, "no file"},
		"no-tar":   {bytes.NewBufferString("this is no archive, whatever its length may be"), 400, ""},
		"cut":      {bytes.NewBuffer(archive(t, "a", strings.Repeat("x", 5000)).Bytes()[:2000]), 400, ""},
		"too-many": {archive(t, many...), 413, ""},
		"too-big":  {archive(t, "big", strings.Repeat("x", 2<<20)), 413, "big"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			r := w.raw("ann", "POST", wsURL+"/codes/src/versions/1/upload", tc.body).want(tc.status)
			if !strings.Contains(r.at("error.message").(string), tc.names) {
				t.Errorf("the message does not name %q: %s", tc.names, r.body)
			}
			w.ann("GET", wsURL+"/codes/src/versions/1", "").want(404)
			if files, err := w.api.Blobs.List(t.Context(), ""); err != nil || len(files) != 0 {
				t.Errorf("left over: %v %v", files, err)
			}
		})
	}
}
