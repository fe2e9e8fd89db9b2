package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/atelier-compute/atelier"
)

// SAS signs and checks shared access signatures: queries that let their bearer at
// one container, folder or blob of the blob service, in the form of Azure Storage.
type SAS struct {
	Key     []byte
	Account string
	Now     func() time.Time
}

// Access is what a signature gives.
type Access struct {
	Container   string
	Path        string // a blob, or with Folder what is below; "" is the whole container
	Folder      bool
	Permissions string // of PermissionsAll: read, add, create, write, delete, list
	Expiry      time.Time
}

// PermissionsAll are the letters of all permissions, in the order that Azure wants.
const PermissionsAll = "racwdl"

const (
	sasVersion = "2024-11-04"
	sasTime    = "2006-01-02T15:04:05Z"
	sasSkew    = 5 * time.Minute // that the client's clock may be behind
)

// What a signature is for (the field sr).
const (
	sasContainer = "c"
	sasBlob      = "b"
	sasFolder    = "d"
)

// Sign returns the query, without a question mark.
func (s *SAS) Sign(a Access) string {
	q := url.Values{
		"sv": {sasVersion}, "sr": {sasContainer}, "sp": {a.Permissions}, "spr": {"https"},
		"st": {s.Now().UTC().Add(-sasSkew).Format(sasTime)}, "se": {a.Expiry.UTC().Format(sasTime)},
	}
	path := strings.Trim(a.Path, "/")
	switch {
	case path == "":
	case a.Folder:
		q.Set("sr", sasFolder)
		q.Set("sdd", strconv.Itoa(strings.Count(path, "/")+1))
	default:
		q.Set("sr", sasBlob)
	}
	q.Set("sig", s.mac(q, a.Container, path))
	return q.Encode()
}

// mac signs everything that the query says, and what it is about.
func (s *SAS) mac(q url.Values, container, path string) string {
	h := hmac.New(sha256.New, s.Key)
	for _, field := range []string{"sv", "sr", "sdd", "sp", "spr", "st", "se"} {
		writeText(h.Write, q.Get(field))
	}
	for _, text := range []string{s.Account, container, path} {
		writeText(h.Write, text)
	}
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// writeText writes a text so that two never read like two others.
func writeText(write func([]byte) (int, error), text string) {
	_, _ = write([]byte(strconv.Itoa(len(text)) + ":" + text)) // a hash takes everything
}

// Signed reports whether the query has a signature to check.
func Signed(q url.Values) bool { return q.Has("sig") }

// Check returns the permissions that the query gives at a blob, or at the container
// if path is "". The error is of kind Forbidden.
func (s *SAS) Check(q url.Values, container, path string) (permissions string, err error) {
	for _, field := range []string{"sv", "sr", "sdd", "sp", "spr", "st", "se", "sig"} {
		if len(q[field]) > 1 {
			return "", badSAS("the signature has the field %s more than once", field)
		}
	}
	about, covered := path, true
	switch sr := q.Get("sr"); sr {
	case sasContainer:
		about = ""
	case sasBlob:
		covered = path != ""
	case sasFolder:
		about, covered = firstSegments(path, q.Get("sdd"))
	default:
		covered = false
	}
	if !covered || !hmac.Equal([]byte(q.Get("sig")), []byte(s.mac(q, container, about))) {
		return "", badSAS("the signature does not match: it was made for something else, or was changed")
	}
	start, err1 := time.Parse(sasTime, q.Get("st"))
	end, err2 := time.Parse(sasTime, q.Get("se"))
	now := s.Now()
	switch {
	case err1 != nil || err2 != nil:
		return "", badSAS("the times of the signature cannot be read")
	case now.Before(start):
		return "", badSAS("the signature holds only from %s on", q.Get("st"))
	case !now.Before(end):
		return "", badSAS("the signature expired at %s; ask for a new one", q.Get("se"))
	}
	return q.Get("sp"), nil
}

// firstSegments is the folder that a path is in, at the depth.
func firstSegments(path, depth string) (folder string, ok bool) {
	n, err := strconv.Atoi(depth)
	segs := strings.Split(path, "/")
	if err != nil || n < 1 || len(segs) <= n {
		return "", false
	}
	return strings.Join(segs[:n], "/"), true
}

func badSAS(format string, args ...any) error {
	return atelier.Errorf(atelier.Forbidden, "AuthenticationFailed", format, args...)
}
