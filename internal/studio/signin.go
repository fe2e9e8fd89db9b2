package studio

import (
	"cmp"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/auth"
	"github.com/atelier-compute/atelier/internal/store"
)

// maxForm bounds what signing in sends; a token may be of 8 KiB.
const maxForm = 16 << 10

// askToSignIn shows a button rather than signing in: a link that a chat program or
// a mail scanner fetches ahead must not be used up by that, and what another site
// embeds must not sign anybody in.
func (s *Studio) askToSignIn(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	switch code := query.Get("code"); {
	case code != "":
		s.show(w, r, http.StatusOK, view{Code: code, Next: inside(query.Get("next"))})
	case s.built():
		s.index(w, r)
	default:
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
}

// inside is a path of ours to go to after signing in, or "" if it leads elsewhere:
// browsers take //host and /\host for another site.
func inside(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") ||
		strings.ContainsFunc(next, func(r rune) bool { return r == '\\' || r < ' ' || r == 0x7f }) {
		return ""
	}
	return next
}

// credentials are what somebody signs in with.
type credentials struct {
	auth.SignInRequest
	script bool // a script asks, not a form
}

func readCredentials(w http.ResponseWriter, r *http.Request) (c credentials, err error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "application/json" {
		c.script = true
		if err := json.NewDecoder(r.Body).Decode(&c.SignInRequest); err != nil {
			return c, atelier.Errorf(atelier.Invalid, "InvalidRequestContent", "the body is not a JSON object with code, with user and password, or with token")
		}
		return c, nil
	}
	if err := r.ParseForm(); err != nil {
		return c, atelier.Errorf(atelier.Invalid, "InvalidRequestContent", "the form cannot be read: %v; send it again", err)
	}
	for name, to := range map[string]*string{"code": &c.Code, "user": &c.User, "password": &c.Password, "token": &c.Token, "next": &c.Next} {
		*to = r.PostFormValue(name)
	}
	return c, nil
}

func (s *Studio) signIn(w http.ResponseWriter, r *http.Request) {
	c, err := readCredentials(w, r)
	if err == nil && new(http.CrossOriginProtection).Check(r) != nil {
		err = atelier.Errorf(atelier.Forbidden, "OtherSite", "the request comes from another site; sign in at Atelier's own address")
	}
	var cookie *http.Cookie
	if err == nil {
		cookie, err = s.openSession(r, &c)
	}
	if err != nil {
		s.refuse(w, r, &c, err)
		return
	}
	secure(w.Header())
	http.SetCookie(w, cookie)
	if c.script {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	next := inside(c.Next)
	if next == "" {
		next = "/"
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
}

func (s *Studio) openSession(r *http.Request, c *credentials) (*http.Cookie, error) {
	switch {
	case c.Token != "":
		return s.Auth.SignInToken(r, c.Token)
	case c.User != "":
		return s.Auth.SignInPassword(r, c.User, c.Password)
	}
	cookie, ok := s.Auth.SignIn(c.Code)
	if !ok {
		return nil, atelier.Errorf(atelier.Forbidden, "SignInCodeSpent", "this sign-in link is not good any more: it works once, within ten minutes; start Atelier again, or ask an owner for a new one")
	}
	return cookie, nil
}

// refusals are the page's words for the codes of errors; of others it says that it did
// not work.
var refusals = map[string]string{"WrongPassword": "wrong", "TooManyTries": "tooMany", "TemporarilyUnavailable": "busy", "InvalidToken": "badToken", "OtherSite": "otherSite"}

func (s *Studio) refuse(w http.ResponseWriter, r *http.Request, c *credentials, err error) {
	var e *atelier.Error
	if !errors.As(err, &e) {
		e = atelier.Errorf("", "InternalServerError", "signing in did not work because of a fault of Atelier's own; try again")
	}
	status := arm.Status(e.Kind)
	if status == http.StatusUnauthorized { // whoever signs in is not asked to sign in
		status = http.StatusForbidden
	}
	arm.SetRetry(w.Header(), e)
	if c.script {
		answer(w, status, problem(e.Code, e.Message))
		return
	}
	v := view{Spent: e.Code == "SignInCodeSpent", Next: inside(c.Next)}
	if !v.Spent {
		v.Wrong = cmp.Or(refusals[e.Code], "failed")
	}
	s.show(w, r, status, v)
}

func (s *Studio) signOut(w http.ResponseWriter, r *http.Request) {
	cookie, err := s.Auth.SignOut(r)
	if errors.As(err, new(*atelier.Error)) {
		answer(w, http.StatusForbidden, problem("OtherSite", err.Error()))
		return
	}
	if err != nil {
		answer(w, http.StatusInternalServerError, problem("InternalServerError", "the end of the session could not be saved, and another start of the server might bring it back; free space on the disk of the data directory"))
		return
	}
	secure(w.Header())
	http.SetCookie(w, cookie)
	w.WriteHeader(http.StatusNoContent)
}

// session tells nobody more than that they are nobody.
func (s *Studio) session(w http.ResponseWriter, r *http.Request) {
	out := auth.SessionInfo{Workspaces: []auth.SessionWorkspace{}, Version: s.Version, Studio: s.built()}
	who, err := s.Auth.Identify(r)
	if err != nil {
		answer(w, http.StatusOK, out)
		return
	}
	out.SignedIn, out.Name, out.DisplayName, out.Kind = true, who.Name(), who.Display(), who.Kind()
	if end := s.Auth.SessionEnd(who); !end.IsZero() {
		out.ExpiresAt = &end
	}
	err = s.DB.Read(r.Context(), func(tx *store.Tx) error {
		all, err := store.All[atelier.Workspace](tx, store.Query{Kind: atelier.KindWorkspace})
		for _, ws := range all {
			if who.Sees(ws.ID) && !ws.Deleting() {
				out.Workspaces = append(out.Workspaces, auth.SessionWorkspace{Subscription: ws.Subscription, ResourceGroup: ws.ResourceGroup, Name: ws.Name, Location: ws.Location})
			}
		}
		return err
	})
	if err != nil {
		answer(w, http.StatusInternalServerError, problem("InternalServerError", "the workspaces cannot be read; try again, and look at the server's log"))
		return
	}
	answer(w, http.StatusOK, out)
}

func problem(code, message string) any {
	return arm.Wrap(atelier.Problem{Code: code, Message: message})
}

func answer(w http.ResponseWriter, status int, body any) {
	h := w.Header()
	secure(h)
	h.Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body) //nolint:errcheck // whoever asked is gone
}
