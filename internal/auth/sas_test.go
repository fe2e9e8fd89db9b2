package auth

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/atelier-compute/atelier"
)

func TestSAS(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	s := &SAS{Key: []byte("key"), Account: "acct", Now: func() time.Time { return now }}
	whole := Access{Container: "c", Permissions: "rl", Expiry: now.Add(time.Hour)}
	one, folder := whole, whole
	one.Path = "a/b"
	folder.Path, folder.Folder = "a/b/", true
	changed := func(key, value string) func(url.Values) { return func(q url.Values) { q.Set(key, value) } }

	for name, tc := range map[string]struct {
		access          Access
		container, path string
		change          func(url.Values)
		later           time.Duration
		ok              bool
	}{
		"container":                {access: whole, container: "c", ok: true},
		"blob-in-container":        {access: whole, container: "c", path: "x/y", ok: true},
		"other-container":          {access: whole, container: "c2"},
		"blob":                     {access: one, container: "c", path: "a/b", ok: true},
		"below-blob":               {access: one, container: "c", path: "a/b/c"},
		"other-blob":               {access: one, container: "c", path: "a/c"},
		"container-of-blob":        {access: one, container: "c"},
		"blob-moved-to-container":  {access: one, container: "c/a", path: "b"},
		"folder":                   {access: folder, container: "c", path: "a/b/c/d", ok: true},
		"folder-itself":            {access: folder, container: "c", path: "a/b"},
		"beside-folder":            {access: folder, container: "c", path: "a/bc/d"},
		"above-folder":             {access: folder, container: "c", path: "a/x", change: changed("sdd", "1")},
		"folder-as-container":      {access: folder, container: "c", change: changed("sr", "c")},
		"blob-as-container":        {access: one, container: "c", change: changed("sr", "c")},
		"account-kind":             {access: whole, container: "c", change: changed("sr", "")},
		"more-permissions":         {access: whole, container: "c", change: changed("sp", "racwdl")},
		"two-permissions":          {access: whole, container: "c", change: func(q url.Values) { q.Add("sp", "racwdl") }},
		"longer":                   {access: whole, container: "c", change: changed("se", "2036-11-23T13:00:00Z")},
		"fields-shifted":           {access: whole, container: "c", change: func(q url.Values) { q.Set("sp", ""); q.Set("sdd", "rl") }},
		"no-signature":             {access: whole, container: "c", change: changed("sig", "")},
		"no-fields":                {access: whole, container: "c", change: func(q url.Values) { clear(q) }},
		"just-not-expired":         {access: whole, container: "c", later: time.Hour - time.Second, ok: true},
		"expired":                  {access: whole, container: "c", later: time.Hour},
		"clock-behind":             {access: whole, container: "c", later: -4 * time.Minute, ok: true},
		"not-yet":                  {access: whole, container: "c", later: -6 * time.Minute},
		"another-field-is-ignored": {access: whole, container: "c", change: changed("rsct", "text/html"), ok: true},
	} {
		t.Run(name, func(t *testing.T) {
			q, err := url.ParseQuery(s.Sign(tc.access))
			if err != nil {
				t.Fatal(err)
			}
			if tc.change != nil {
				tc.change(q)
			}
			at := &SAS{Key: s.Key, Account: s.Account, Now: func() time.Time { return now.Add(tc.later) }}
			p, err := at.Check(q, tc.container, tc.path)
			if tc.ok && (err != nil || p != "rl") || !tc.ok && (!atelier.IsKind(err, atelier.Forbidden) || p != "") {
				t.Fatalf("got %q, %v", p, err)
			}
		})
	}
	q, _ := url.ParseQuery(s.Sign(whole))
	for name, other := range map[string]*SAS{"key": {Key: []byte("other"), Account: "acct", Now: s.Now}, "account": {Key: s.Key, Account: "acct2", Now: s.Now}} {
		if _, err := other.Check(q, "c", ""); err == nil {
			t.Errorf("a signature of another %s passes", name)
		}
	}
	if !Signed(q) || Signed(url.Values{}) || strings.HasPrefix(q.Encode(), "?") {
		t.Error("what is signed is not told")
	}
}
