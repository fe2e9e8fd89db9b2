package studio

import (
	"errors"
	"net/http"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/auth"
)

// askForCode shows where a user enters the code that a device shows. There is no
// link with the code in it: whoever enters one has it before their eyes.
func (s *Studio) askForCode(w http.ResponseWriter, r *http.Request) {
	s.showDevice(w, r, http.StatusOK, &deviceView{})
}

// answerDevice takes the code, then asks whether that device may sign in, then
// takes the answer. Identify refuses a form that another site made a browser send.
func (s *Studio) answerDevice(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	code, answer := r.PostFormValue("code"), r.PostFormValue("answer")
	who, err := s.Auth.Identify(r)
	if err != nil {
		s.show(w, r, http.StatusForbidden, view{Next: auth.DevicePath})
		return
	}
	d, err := s.Auth.FindDevice(who, code)
	if err == nil && answer != "" {
		err = s.Auth.DecideDevice(who, code, answer == "approve")
	}
	v := deviceView{Device: d, Done: answer}
	if name := auth.ClientName(d.Client); name != d.Client {
		v.Known = name
	}
	status := http.StatusOK
	if err != nil {
		var e *atelier.Error
		if !errors.As(err, &e) {
			http.Error(w, "the code cannot be looked up", http.StatusInternalServerError)
			return
		}
		slow, mayNot := e.Kind == atelier.NoQuota, e.Kind == atelier.Forbidden
		v, status = deviceView{Wrong: !slow && !mayNot, Slow: slow, MayNot: mayNot}, arm.Status(e.Kind)
		arm.SetRetry(w.Header(), e)
	}
	s.showDevice(w, r, status, &v)
}

// deviceView is what the page says of a device.
type deviceView struct {
	auth.Device
	Known string // what the client's ID stands for
	Done  string // approve or deny
	Wrong bool   // no device shows the code
	Slow  bool   // too many were wrong

	MayNot bool // who is signed in cannot let devices sign in
}

func (s *Studio) showDevice(w http.ResponseWriter, r *http.Request, status int, d *deviceView) {
	v := view{Next: auth.DevicePath}
	if who, err := s.Auth.Identify(r); err == nil {
		v.Who, v.At = who.Display(), d
	}
	s.show(w, r, status, v)
}
