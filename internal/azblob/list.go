package azblob

import (
	"context"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/blob"
)

// maxResults is the longest page.
const maxResults = 5000

type listOut struct {
	XMLName    xml.Name `xml:"EnumerationResults"`
	Endpoint   string   `xml:"ServiceEndpoint,attr"`
	Container  string   `xml:"ContainerName,attr"`
	Prefix     string   `xml:",omitempty"`
	Marker     string   `xml:",omitempty"`
	MaxResults int      `xml:",omitempty"`
	Delimiter  string   `xml:",omitempty"`
	Blobs      entries
	NextMarker string
}

type entries struct {
	Items []any
}

type blobOut struct {
	XMLName    xml.Name `xml:"Blob"`
	Name       string
	Properties blobProperties
	Metadata   metadataOut
}

type blobProperties struct {
	Created       string `xml:"Creation-Time"`
	Modified      string `xml:"Last-Modified"`
	Etag          string
	Length        int64  `xml:"Content-Length"`
	Type          string `xml:"Content-Type"`
	Encoding      string `xml:"Content-Encoding"`
	Language      string `xml:"Content-Language"`
	MD5           string `xml:"Content-MD5"`
	Disposition   string `xml:"Content-Disposition"`
	Cache         string `xml:"Cache-Control"`
	BlobType      string
	LeaseStatus   string
	LeaseState    string
	ServerEncrypt bool `xml:"ServerEncrypted"`
}

type folderOut struct {
	XMLName xml.Name `xml:"BlobPrefix"`
	Name    string
}

// metadataOut has an element for each name, which is why names are checked.
type metadataOut map[string]string

// MarshalXML implements xml.Marshaler.
func (m metadataOut) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	if m == nil {
		return nil
	}
	if err := e.EncodeToken(start); err != nil {
		return err
	}
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if err := e.EncodeElement(m[name], xml.StartElement{Name: xml.Name{Local: name}}); err != nil {
			return err
		}
	}
	return e.EncodeToken(start.End())
}

// listing is what a request wants of a container.
type listing struct {
	base              string // what keys have before names
	prefix, delimiter string
	after             string // the name that the page before ended with
	most              int
	metadata          bool
}

const markerPrefix = "1!"

func (c *call) listing() (l listing, err error) {
	l = listing{base: c.prefix + "/", prefix: c.q.Get("prefix"), delimiter: c.q.Get("delimiter"), most: maxResults}
	for _, include := range c.q["include"] {
		l.metadata = l.metadata || slices.Contains(strings.Split(strings.ToLower(include), ","), "metadata")
	}
	if text := c.q.Get("maxresults"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return l, fail(http.StatusBadRequest, "OutOfRangeQueryParameterValue", "maxresults is %q; it must be from 1 to %d", text, maxResults)
		}
		l.most = min(n, maxResults)
	}
	if marker := c.q.Get("marker"); marker != "" {
		rest, ok := strings.CutPrefix(marker, markerPrefix)
		raw, err := base64.RawURLEncoding.DecodeString(rest)
		if err != nil || !ok {
			return l, fail(http.StatusBadRequest, "InvalidQueryParameterValue", "the marker %q is not one that was handed out", marker)
		}
		l.after = string(raw)
	}
	return l, nil
}

// list answers with the blobs of a container in order of name.
func (c *call) list() error {
	want, err := c.listing()
	if err != nil {
		return err
	}
	ctx := c.Context()
	found, err := c.below(ctx, want.prefix)
	if err != nil {
		return err
	}
	items, next := want.page(found)
	out := listOut{
		Endpoint: "https://" + c.Host + "/", Container: c.container, Prefix: want.prefix,
		Marker: c.q.Get("marker"), Delimiter: want.delimiter, NextMarker: next,
	}
	if c.q.Has("maxresults") {
		out.MaxResults = want.most
	}
	noted, err := c.noted(ctx, want.prefix)
	if err != nil {
		return err
	}
	for _, item := range items {
		if item.folder != "" {
			out.Blobs.Items = append(out.Blobs.Items, folderOut{Name: item.folder})
			continue
		}
		st := &state{Info: item.Info}
		if noted[atelier.PropertiesKey(c.workspace.UID, st.Key)] {
			if st.properties, err = c.s.propertiesOf(ctx, c.workspace.UID, st.Info); err != nil {
				return err
			}
		}
		out.Blobs.Items = append(out.Blobs.Items, st.entry(item.name, want.metadata))
	}
	c.w.Header().Set("Content-Type", "application/xml")
	writeXML(c.w, out)
	return nil
}

func (st *state) entry(name string, withMetadata bool) blobOut {
	out := blobOut{Name: name, Properties: blobProperties{
		Created: st.Info.ModTime.UTC().Format(http.TimeFormat), Modified: st.modified().UTC().Format(http.TimeFormat),
		Etag: strings.Trim(st.etag(), `"`), Length: st.Info.Size, Type: st.contentType(), Encoding: st.Encoding, Language: st.Language,
		MD5: st.MD5, Disposition: st.Disposition, Cache: st.Cache, BlobType: "BlockBlob", LeaseStatus: "unlocked", LeaseState: "available",
	}}
	if withMetadata {
		out.Metadata = metadataOut{}
		for k, v := range st.Metadata {
			out.Metadata[k] = v
		}
	}
	return out
}

// below are the blobs whose names begin with the prefix.
func (c *call) below(ctx context.Context, prefix string) ([]blob.Info, error) {
	list, err := blob.ListPrefix(ctx, c.s.Blobs, c.prefix+"/"+prefix)
	if err != nil {
		return nil, fmt.Errorf("list with %q: %w", prefix, err)
	}
	return list, nil
}

// noted are the keys of the properties that there are for blobs with the prefix.
func (c *call) noted(ctx context.Context, prefix string) (map[string]bool, error) {
	list, err := blob.ListPrefix(ctx, c.s.Blobs, atelier.PropertiesKey(c.workspace.UID, c.prefix+"/"+prefix))
	m := make(map[string]bool, len(list))
	for _, b := range list {
		m[b.Key] = true
	}
	return m, err
}

// entry is a blob of a page, or a folder.
type entry struct {
	blob.Info
	name   string
	folder string
}

// page cuts the page out of the blobs found, and returns where the next begins.
func (l *listing) page(found []blob.Info) (items []entry, next string) {
	last := ""
	for _, b := range found {
		item := entry{Info: b, name: strings.TrimPrefix(b.Key, l.base)}
		at := item.name
		if l.delimiter != "" {
			if i := strings.Index(item.name[len(l.prefix):], l.delimiter); i >= 0 {
				item.folder = item.name[:len(l.prefix)+i+len(l.delimiter)]
				at = item.folder
			}
		}
		if at == last && item.folder != "" || l.after != "" && (at <= l.after) {
			continue
		}
		if len(items) == l.most {
			return items, markerPrefix + base64.RawURLEncoding.EncodeToString([]byte(last))
		}
		items, last = append(items, item), at
	}
	return items, ""
}
