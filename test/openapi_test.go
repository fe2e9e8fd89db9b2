package e2e

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// TestOpenAPI reads the description as a stranger does, and holds the issuer's
// answers against it; those of the API are held against it by the tests of the API.
func TestOpenAPI(t *testing.T) {
	s := start(t)
	at := s.env["ATELIER_ENDPOINT"]
	res, err := s.http(t).Get(at + "/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	text := body(t, res)
	if res.StatusCode != 200 || !strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
		t.Fatalf("%d %s", res.StatusCode, text)
	}
	doc, err := openapi3.NewLoader().LoadFromData([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	tenant, id, secret := s.env["AZURE_TENANT_ID"], s.env["AZURE_CLIENT_ID"], s.env["AZURE_CLIENT_SECRET"]
	token := url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}, "scope": {at + "/.default"}}
	wrong := url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {"wrong"}, "scope": {at + "/.default"}}
	for name, tc := range map[string]struct {
		path string
		form url.Values // nil is a GET
		want int
	}{
		"openid":       {"/{tenant}/v2.0/.well-known/openid-configuration", nil, 200},
		"older-openid": {"/{tenant}/.well-known/openid-configuration", nil, 200},
		"keys":         {"/{tenant}/discovery/v2.0/keys", nil, 200},
		"instance":     {"/{tenant}/discovery/instance", nil, 200},
		"token":        {"/{tenant}/oauth2/v2.0/token", token, 200},
		"wrong-secret": {"/{tenant}/oauth2/v2.0/token", wrong, 401},
		"session":      {"/session", nil, 200},
		"device-code":  {"/{tenant}/oauth2/v2.0/devicecode", url.Values{"client_id": {id}, "scope": {at + "/.default"}}, 200},
	} {
		t.Run(name, func(t *testing.T) {
			item := doc.Paths.Value(tc.path)
			if item == nil {
				t.Fatalf("%s is not described", tc.path)
			}
			op, where := item.Get, at+strings.ReplaceAll(tc.path, "{tenant}", tenant)
			var res *http.Response
			var err error
			if tc.form == nil {
				res, err = s.http(t).Get(where)
			} else {
				op = item.Post
				res, err = s.http(t).PostForm(where, tc.form)
			}
			if err != nil {
				t.Fatal(err)
			}
			text := body(t, res)
			if res.StatusCode != tc.want {
				t.Fatalf("%d %s", res.StatusCode, text)
			}
			answer := op.Responses.Value(strconv.Itoa(res.StatusCode))
			if answer == nil && tc.want >= 400 {
				answer = op.Responses.Default()
			}
			var v any
			if err := json.Unmarshal([]byte(text), &v); err != nil || answer == nil {
				t.Fatalf("%v in %s, described as %v", err, text, answer)
			}
			if err := answer.Value.Content.Get("application/json").Schema.Value.VisitJSON(v); err != nil {
				t.Errorf("%v in %s", err, text)
			}
		})
	}
}
