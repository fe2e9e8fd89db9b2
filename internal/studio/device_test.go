package studio

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/atelier-compute/atelier/internal/auth"
)

// codes begins a sign-in at a device.
func codes(t *testing.T, a *auth.Auth, client string) (user, device string) {
	t.Helper()
	var body map[string]any
	post(t, a, "/devicecode", url.Values{"client_id": {client}, "scope": {origin + "/.default openid"}}, &body)
	user, _ = body["user_code"].(string)
	device, _ = body["device_code"].(string)
	if body["verification_uri"] != origin+"/device" || user == "" {
		t.Fatal(body)
	}
	return user, device
}

func post(t *testing.T, a *auth.Auth, path string, form url.Values, into any) {
	t.Helper()
	mux := http.NewServeMux()
	for _, r := range a.Routes() {
		mux.Handle(r.Method+" "+r.Pattern, r.Handler)
	}
	r := httptest.NewRequest("POST", origin+"/common/oauth2/v2.0"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
		t.Fatal(err)
	}
}

func TestDevicePage(t *testing.T) {
	s, a := newStudio(t, "kim")
	me := signedIn(t, a)
	same := []string{"Cookie", me, "Sec-Fetch-Site", "same-origin"}
	outcome := func(device string) string {
		var body map[string]any
		post(t, a, "/token", url.Values{"grant_type": {"device_code"}, "client_id": {"<b>tool"}, "device_code": {device}}, &body)
		post(t, a, "/token", url.Values{"grant_type": {"device_code"}, "client_id": {"tool"}, "device_code": {device}}, &body)
		if body["access_token"] != nil {
			return "signed in"
		}
		return body["error"].(string)
	}
	answer := func(code, answer string) url.Values { return url.Values{"code": {code}, "answer": {answer}} }
	t.Run("code-then-question-then-answer", func(t *testing.T) {
		user, device := codes(t, a, "tool")
		if w := serve(s, "GET", "/device", nil, "Cookie", me); w.Code != 200 || !strings.Contains(w.Body.String(), `name="code"`) {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		w := serve(s, "POST", "/device", url.Values{"code": {strings.ToLower(user)}}, same...)
		if body := w.Body.String(); w.Code != 200 || !strings.Contains(body, user) || !strings.Contains(body, "tool") || !strings.Contains(body, `value="approve"`) {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if got := outcome(device); got != "authorization_pending" {
			t.Errorf("looking at the question gives %q", got)
		}
		if w := serve(s, "POST", "/device", answer(user, "approve"), same...); w.Code != 200 || !strings.Contains(w.Body.String(), "Approved") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if got := outcome(device); got != "signed in" {
			t.Error(got)
		}
	})
	t.Run("deny", func(t *testing.T) {
		user, device := codes(t, a, "tool")
		if w := serve(s, "POST", "/device", answer(user, "deny"), same...); !strings.Contains(w.Body.String(), "Denied") {
			t.Error(w.Body)
		}
		if got := outcome(device); got != "authorization_declined" {
			t.Error(got)
		}
	})
	t.Run("known-clients", func(t *testing.T) {
		user, _ := codes(t, a, "04b07795-8ddb-461a-bbee-02f9e1bf7b46")
		if w := serve(s, "POST", "/device", url.Values{"code": {user}}, same...); !strings.Contains(w.Body.String(), "Azure CLI") {
			t.Error(w.Body)
		}
	})
	t.Run("not-signed-in", func(t *testing.T) {
		user, device := codes(t, a, "tool")
		if body := serve(s, "GET", "/device", nil).Body.String(); strings.Contains(body, `action="/device"`) || !strings.Contains(body, `name="next" value="/device"`) || !strings.Contains(body, "Nobody is signed in") {
			t.Error(body)
		}
		for name, headers := range map[string][]string{
			"no-session": {"Sec-Fetch-Site", "same-origin"}, "another-site": {"Cookie", me, "Sec-Fetch-Site", "cross-site"}, "silent": {"Cookie", me}, "other-origin": {"Cookie", me, "Origin", "https://evil.example"},
		} {
			if w := serve(s, "POST", "/device", answer(user, "approve"), headers...); w.Code != 403 || outcome(device) != "authorization_pending" {
				t.Errorf("%s: %d", name, w.Code)
			}
		}
	})
	t.Run("answer-in-the-address-does-not-count", func(t *testing.T) {
		user, device := codes(t, a, "tool")
		serve(s, "POST", "/device?code="+user+"&answer=approve", url.Values{}, same...)
		serve(s, "GET", "/device?code="+user+"&answer=approve", nil, same...)
		if got := outcome(device); got != "authorization_pending" {
			t.Error(got)
		}
	})
	t.Run("wrong-code", func(t *testing.T) {
		s, a := newStudio(t, "kim")
		same := []string{"Cookie", signedIn(t, a), "Sec-Fetch-Site", "same-origin"}
		for i := range 8 {
			w := serve(s, "POST", "/device", url.Values{"code": {"<script>"}}, same...)
			status, want, wait := 404, "No device waits", false
			if i >= 6 {
				status, want, wait = 429, "Too many", true
			}
			if w.Code != status || !strings.Contains(w.Body.String(), want) || strings.Contains(w.Body.String(), "<script") || wait != (w.Header().Get("Retry-After") != "") {
				t.Errorf("try %d: %d %v %s", i, w.Code, w.Header(), w.Body)
			}
		}
	})
}
