package client

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
)

// TestTokenChanges answers a token of before with 401, as a server does that has
// started again, and counts the calls.
func TestTokenChanges(t *testing.T) {
	for name, tt := range map[string]struct {
		good  int // the token that the server takes: the first that was asked for is 1
		body  any
		calls int
		ok    bool
	}{
		"same":          {good: 1, calls: 1, ok: true},
		"new":           {good: 2, calls: 2, ok: true},
		"new-with-body": {good: 2, body: map[string]string{"a": "b"}, calls: 2, ok: true},
		"never":         {good: 9, calls: 2},
	} {
		t.Run(name, func(t *testing.T) {
			calls, asked := 0, 0
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				calls++
				if data, _ := io.ReadAll(r.Body); tt.body != nil && string(data) != `{"a":"b"}` {
					t.Errorf("call %d has body %q", calls, data)
				}
				if r.Header.Get("Authorization") != "Bearer "+strconv.Itoa(tt.good) {
					w.WriteHeader(http.StatusUnauthorized)
				}
			}))
			defer srv.Close()
			c, err := New(Config{Endpoint: srv.URL, Token: func(context.Context) (string, error) {
				asked++
				return strconv.Itoa(asked), nil
			}})
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := c.Raw(t.Context(), http.MethodPut, "/x", nil, tt.body); (err == nil) != tt.ok || calls != tt.calls {
				t.Errorf("%d calls, %v", calls, err)
			}
		})
	}
	t.Run("refused-for-good", func(t *testing.T) {
		calls := 0
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			calls++
			w.WriteHeader(http.StatusUnauthorized)
		}))
		defer srv.Close()
		c, err := New(Config{Endpoint: srv.URL, Token: func(context.Context) (string, error) { return "old", nil }})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := c.Raw(t.Context(), http.MethodGet, "/x", nil, nil); err == nil || calls != 1 {
			t.Errorf("%d calls, %v", calls, err)
		}
	})
}
