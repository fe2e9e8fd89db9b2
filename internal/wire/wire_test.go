package wire_test

import (
	"net/url"
	"testing"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/wire"
)

func TestLogQuery(t *testing.T) {
	for _, q := range []wire.LogQuery{
		{Task: "w/jobs/j/tasks/1-0", Stream: "user_logs/std_log.txt", Offset: 1 << 40},
		{Task: "a&b=c", Stream: "x y+z%", Offset: 0},
	} {
		sent, err := url.ParseQuery(q.Values().Encode())
		if err != nil {
			t.Fatal(err)
		}
		if got, err := wire.ParseLogQuery(sent); got != q || err != nil {
			t.Errorf("%+v arrives as %+v (%v)", q, got, err)
		}
	}
	for _, offset := range []string{"", "-1", "1.5", "0x1", "99999999999999999999"} {
		if _, err := wire.ParseLogQuery(url.Values{"offset": {offset}}); !atelier.IsKind(err, atelier.Invalid) {
			t.Errorf("offset %q: %v, want Invalid", offset, err)
		}
	}
}

func TestFault(t *testing.T) {
	f := wire.Fault{Kind: atelier.NoQuota, Code: "C", Message: "100% full", Target: "t"}
	if e := f.Error(); e.Kind != f.Kind || e.Code != f.Code || e.Message != f.Message || e.Target != f.Target {
		t.Errorf("%+v arrives as %+v", f, e)
	}
}
