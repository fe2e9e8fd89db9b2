package arm

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// tree finds the route of a path: literal segments are matched without regard to
// case, and before captured ones.
type tree struct {
	literal map[string]*tree
	capture *tree
	rest    map[string]*leaf // by method, for "{path...}"
	leaves  map[string]*leaf // by method
}

type leaf struct {
	route *Route
	names []string // of the captures, in order
}

func newTree() *tree {
	return &tree{literal: map[string]*tree{}, rest: map[string]*leaf{}, leaves: map[string]*leaf{}}
}

func (t *tree) add(rt *Route) error {
	switch {
	case rt.Handler == nil || rt.Method == "" || !strings.HasPrefix(rt.Pattern, "/"):
		return fmt.Errorf("route %s %s is incomplete", rt.Method, rt.Pattern)
	case rt.Action == "":
		return fmt.Errorf("route %s %s needs an action", rt.Method, rt.Pattern)
	}
	at, l := t, &leaf{route: rt}
	leaves := func() map[string]*leaf { return at.leaves }
	for _, seg := range strings.Split(rt.Pattern[1:], "/") {
		name, isCapture := strings.CutPrefix(seg, "{")
		switch {
		case !isCapture:
			at = at.below(strings.ToLower(seg))
		case strings.HasSuffix(name, "...}"):
			l.names = append(l.names, strings.TrimSuffix(name, "...}"))
			leaves = func() map[string]*leaf { return at.rest }
		default:
			l.names = append(l.names, strings.TrimSuffix(name, "}"))
			if at.capture == nil {
				at.capture = newTree()
			}
			at = at.capture
		}
	}
	if leaves()[rt.Method] != nil {
		return fmt.Errorf("route %s %s is there twice", rt.Method, rt.Pattern)
	}
	leaves()[rt.Method] = l
	return nil
}

func (t *tree) below(lower string) *tree {
	if t.literal[lower] == nil {
		t.literal[lower] = newTree()
	}
	return t.literal[lower]
}

// find returns the route of the path and what its pattern captured. Without a
// route for the method, allow has the methods that there are; none is no such path.
func (t *tree) find(method string, segs []string) (l *leaf, captured, allow []string) {
	if len(segs) == 0 {
		if l := t.leaves[method]; l != nil {
			return l, nil, nil
		}
		return nil, nil, methods(t.leaves)
	}
	if next := t.literal[strings.ToLower(segs[0])]; next != nil {
		l, captured, more := next.find(method, segs[1:])
		if l != nil {
			return l, captured, nil
		}
		allow = append(allow, more...)
	}
	if t.capture != nil {
		l, captured, more := t.capture.find(method, segs[1:])
		if l != nil {
			return l, append([]string{segs[0]}, captured...), nil
		}
		allow = append(allow, more...)
	}
	if l := t.rest[method]; l != nil {
		return l, []string{strings.Join(segs, "/")}, nil
	}
	return nil, nil, append(allow, methods(t.rest)...)
}

func methods(leaves map[string]*leaf) []string {
	var list []string
	for _, m := range []string{http.MethodGet, http.MethodPut, http.MethodPatch, http.MethodPost, http.MethodDelete} {
		if leaves[m] != nil {
			list = append(list, m)
		}
	}
	return list
}

// params pairs the names of the captures with what was captured.
func (l *leaf) params(captured []string) (map[string]string, error) {
	m := make(map[string]string, len(captured))
	for i, name := range l.names {
		isRest := i == len(l.names)-1 && strings.HasSuffix(l.route.Pattern, "...}")
		if !isRest {
			if err := checkName(captured[i]); err != nil {
				return nil, err
			}
		}
		m[name] = captured[i]
	}
	return m, nil
}

func unique(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}
