package arm

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// TestStuckClients makes sure that a client that takes nothing keeps no handler busy,
// and that one that only has to wait for more is no such client.
func TestStuckClients(t *testing.T) {
	for name, http2 := range map[string]bool{"http1": false, "http2": true} {
		t.Run(name, func(t *testing.T) {
			const limit = 300 * time.Millisecond
			ended := make(chan error, 1)
			srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				err := Stream(func(w http.ResponseWriter) error {
					if _, err := io.WriteString(w, "hello"); err != nil {
						return err
					}
					if err := http.NewResponseController(w).Flush(); err != nil {
						return err
					}
					select {
					case <-r.Context().Done():
						return nil // given up for nothing
					case <-time.After(2 * limit):
					}
					for {
						if _, err := w.Write(bytes.Repeat([]byte("x"), 1<<20)); err != nil {
							return err
						}
					}
				}).send(w, limit)
				ended <- err
			}))
			srv.EnableHTTP2 = http2
			srv.StartTLS()
			defer srv.Close()
			req, err := http.NewRequestWithContext(t.Context(), "GET", srv.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			res, err := srv.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			if _, err := io.ReadFull(res.Body, make([]byte, 5)); err != nil {
				t.Fatal(err)
			}
			select {
			case err := <-ended:
				if err == nil {
					t.Error("a client that waited for more was given up")
				}
			case <-time.After(20 * time.Second):
				t.Error("the handler still waits for a client that takes nothing")
			}
		})
	}
}
