package azblob

import (
	"encoding/xml"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

type listed struct {
	Container string `xml:"ContainerName,attr"`
	Prefix    string
	Blobs     struct {
		Blob []struct {
			Name       string
			Properties struct {
				Length int64  `xml:"Content-Length"`
				Etag   string `xml:"Etag"`
				Type   string `xml:"Content-Type"`
				Kind   string `xml:"BlobType"`
			}
			Metadata struct {
				Any []struct {
					XMLName xml.Name
					Value   string `xml:",chardata"`
				} `xml:",any"`
			}
		}
		BlobPrefix []struct{ Name string }
	}
	NextMarker string
}

func (l *listed) names() (names []string) {
	for _, b := range l.Blobs.Blob {
		names = append(names, b.Name)
	}
	for _, p := range l.Blobs.BlobPrefix {
		names = append(names, p.Name)
	}
	slices.Sort(names)
	return names
}

func (w *world) list(container, query string) *listed {
	w.t.Helper()
	r := w.do("GET", "/"+container+"?restype=container&comp=list"+query, "").want(200)
	var l listed
	if err := xml.Unmarshal([]byte(r.body), &l); err != nil {
		w.t.Fatalf("%s: %v", r.body, err)
	}
	return &l
}

func TestList(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"a.txt", "a/1", "a/2/x", "a/2/y", "a-b", "b", "dcid.job1/f", "dcid.job12/f", "ä&<ö> .txt"} {
		w.put("/"+data+"/"+(&url.URL{Path: name}).EscapedPath(), "12345").want(201)
	}
	w.put("/"+upload+"/other", "x").want(201)
	w.do("PUT", "/"+data+"/a/1?comp=metadata", "", "x-ms-meta-name: <n>").want(200)
	for query, want := range map[string]string{
		"":                            "a-b|a.txt|a/1|a/2/x|a/2/y|b|dcid.job1/f|dcid.job12/f|ä&<ö> .txt",
		"&prefix=a/":                  "a/1|a/2/x|a/2/y",
		"&prefix=a":                   "a-b|a.txt|a/1|a/2/x|a/2/y",
		"&prefix=a/2/x":               "a/2/x",
		"&prefix=dcid.job1":           "dcid.job1/f|dcid.job12/f",
		"&prefix=dcid.job1/":          "dcid.job1/f",
		"&prefix=none":                "",
		"&prefix=../":                 "",
		"&prefix=a//":                 "",
		"&delimiter=/":                "a-b|a.txt|a/|b|dcid.job1/|dcid.job12/|ä&<ö> .txt",
		"&delimiter=/&prefix=a/":      "a/1|a/2/",
		"&delimiter=/&prefix=a/2/":    "a/2/x|a/2/y",
		"&delimiter=.&prefix=dcid":    "dcid.",
		"&delimiter=/&prefix=a/2/x":   "a/2/x",
		"&prefix=b&include=metadata,": "b",
	} {
		l := w.list(data, query)
		if got := strings.Join(l.names(), "|"); got != want || l.NextMarker != "" || l.Container != data {
			t.Errorf("%s lists %q, want %q", query, got, want)
		}
	}
	l := w.list(data, "&prefix=a/1&include=snapshots&include=metadata,copy")
	if b := l.Blobs.Blob[0]; len(b.Metadata.Any) != 1 || b.Metadata.Any[0].XMLName.Local != "name" || b.Metadata.Any[0].Value != "<n>" || b.Properties.Length != 5 || b.Properties.Kind != "BlockBlob" {
		t.Errorf("got %+v", b)
	}
	if head := w.do("HEAD", "/"+data+"/a/1", ""); strings.Trim(head.Header.Get("ETag"), `"`) != l.Blobs.Blob[0].Properties.Etag {
		t.Errorf("the list's ETag is %s, HEAD's %s", l.Blobs.Blob[0].Properties.Etag, head.Header.Get("ETag"))
	}
	if l := w.list(data, "&prefix=a/1"); len(l.Blobs.Blob[0].Metadata.Any) != 0 {
		t.Errorf("metadata without being asked: %+v", l.Blobs.Blob[0])
	}
	for _, bad := range []string{"&maxresults=0", "&maxresults=x", "&marker=x", "&marker=1!*"} {
		w.do("GET", "/"+data+"?restype=container&comp=list"+bad, "").want(400)
	}
}

func TestListPageByPage(t *testing.T) {
	w := newWorld(t)
	var all []string
	for i := range 25 {
		name := fmt.Sprintf("d%d/%02d", i/10, i)
		all = append(all, name)
		w.put("/"+data+"/"+name, "").want(201)
	}
	for _, tc := range []struct {
		query string
		want  []string
	}{{"", all}, {"&prefix=d1/", all[10:20]}, {"&delimiter=/", []string{"d0/", "d1/", "d2/"}}} {
		for most := 1; most < 12; most += 3 {
			var got []string
			marker := ""
			for pages := 0; ; pages++ {
				l := w.list(data, fmt.Sprintf("%s&maxresults=%d&marker=%s", tc.query, most, url.QueryEscape(marker)))
				if n := len(l.names()); n > most || pages > 30 {
					t.Fatalf("page %d has %d", pages, n)
				}
				got = append(got, l.names()...)
				if marker = l.NextMarker; marker == "" {
					break
				}
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("%s by %d: %v", tc.query, most, got)
			}
		}
	}
}
