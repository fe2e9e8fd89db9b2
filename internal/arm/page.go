package arm

import (
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"

	"github.com/atelier-compute/atelier"
)

// Sizes of a page.
const (
	defaultTop = 100
	maxTop     = 1000
)

// List is a page of a list. NextLink is null at the end.
type List[T any] struct {
	Value    []T     `json:"value"`
	NextLink *string `json:"nextLink"`
}

// Page is what the client asked for of a list.
type Page struct {
	After int64 // position to go on after; 0 is the beginning
	Top   int
}

const skipMark = "v1:"

// Page reads $top and $skip (or $skipToken), which is opaque to clients.
func (r *Request) Page() (Page, error) {
	p := Page{Top: defaultTop}
	if top := r.Query("$top"); top != "" {
		n, err := strconv.Atoi(top)
		if err != nil || n < 1 {
			return p, atelier.Errorf(atelier.Invalid, "InvalidQueryParameter", "$top is %q; it must be a number from 1 to %d", top, maxTop).At("$top")
		}
		p.Top = min(n, maxTop)
	}
	token := r.Query("$skip")
	if token == "" {
		token = r.Query("$skipToken")
	}
	if token == "" {
		return p, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err == nil {
		p.After, err = strconv.ParseInt(strings.TrimPrefix(string(raw), skipMark), 10, 64)
	}
	if err != nil || p.After < 1 || !strings.HasPrefix(string(raw), skipMark) {
		return p, atelier.Errorf(atelier.Invalid, "InvalidSkipToken", "$skip is not a token that Atelier gave out; follow nextLink, or start without it").At("$skip")
	}
	return p, nil
}

// Next returns the absolute link to what follows the position, or nil at the end.
func (r *Request) Next(position int64) *string {
	if position == 0 {
		return nil
	}
	q := url.Values{}
	for key, values := range r.URL.Query() {
		if !strings.EqualFold(key, "$skip") && !strings.EqualFold(key, "$skipToken") {
			q[key] = values
		}
	}
	q.Set("$skip", base64.RawURLEncoding.EncodeToString([]byte(skipMark+strconv.FormatInt(position, 10))))
	link := r.Base() + r.URL.EscapedPath() + "?" + q.Encode()
	return &link
}
