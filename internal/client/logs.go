package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// LogFile is one log of one attempt of a job.
type LogFile struct {
	Kept
	Name    string `json:"name"`
	Attempt int    `json:"attempt"`
	Rank    int    `json:"rank"`
	Size    int64  `json:"size"`
}

// LogFiles lists the logs of a job.
func (c *Client) LogFiles(ctx context.Context, job string) iter.Seq2[*LogFile, error] {
	return pages[LogFile](ctx, c, http.MethodGet, c.Path("jobs", job, "logs"), nil)
}

// LogQuery picks a stretch of a log file. Attempt 0 is the last one.
type LogQuery struct {
	Attempt int
	Rank    int
	Offset  int64
	Follow  bool // until the task has ended
}

// Log writes a log file to w. While it follows, a lost connection is made anew and
// nothing is written twice.
func (c *Client) Log(ctx context.Context, job, name string, q LogQuery, w io.Writer) error {
	v := url.Values{"rank": {strconv.Itoa(q.Rank)}}
	if q.Attempt > 0 {
		v.Set("attempt", strconv.Itoa(q.Attempt))
	}
	parts := append([]string{"jobs", job, "logs"}, strings.Split(name, "/")...)
	return c.stream(ctx, c.Path(parts...), v, q.Offset, job, q.Follow, w)
}

// Output writes all that a job says, in reading order: the making of its
// environment, then its own words, over all attempts. With follow it goes on until
// the job has ended; a lost connection is made anew and nothing is written twice.
func (c *Client) Output(ctx context.Context, job string, follow bool, w io.Writer) error {
	return c.stream(ctx, c.Path("jobs", job, "output"), url.Values{}, 0, job, follow, w)
}

// Waits between attempts to get a lost stream back.
const (
	reconnectFirst = 100 * time.Millisecond
	reconnectMost  = 5 * time.Second
	reconnectTries = 60 // without a byte in between: about five minutes
)

// stream copies a stream that can be resumed by offset. A following stream that
// ends while the job has not was cut by the server, which may be restarting.
func (c *Client) stream(ctx context.Context, path string, q url.Values, offset int64, job string, follow bool, w io.Writer) error {
	if follow {
		q.Set("follow", "true")
	}
	failures, ever := 0, false
	for {
		q.Set("offset", strconv.FormatInt(offset, 10))
		n, opened, err := c.copyOnce(ctx, path, q, w)
		offset += n
		if n > 0 {
			failures = 0
		}
		ever = ever || opened
		if err == nil && follow {
			err = c.atRest(ctx, job)
		}
		if err == nil || !follow || !ever || !lost(err) {
			return err
		}
		if failures++; failures > reconnectTries {
			return err
		}
		wait := min(reconnectFirst<<min(failures-1, 10), reconnectMost)
		if err := c.cfg.Sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// errCut is a stream that the server ended although there is more to come.
var errCut = errors.New("the stream ended before the job did")

func (c *Client) atRest(ctx context.Context, job string) error {
	j, err := c.Job(ctx, job)
	switch {
	case IsStatus(err, http.StatusNotFound): // deleted since: there is no more to come
		return nil
	case err != nil:
		return err
	case !Terminal(j.Properties.Status):
		return errCut
	}
	return nil
}

// lost reports whether a stream's error may be over when the stream is opened anew.
func lost(err error) bool {
	var down *Unreachable
	var e *Error
	return errors.As(err, &down) || errors.Is(err, errCut) || errors.Is(err, errEnded) ||
		errors.As(err, &e) && (e.Status >= http.StatusInternalServerError || e.Status == http.StatusTooManyRequests)
}

func (c *Client) copyOnce(ctx context.Context, path string, q url.Values, w io.Writer) (total int64, opened bool, err error) {
	res, err := c.send(ctx, http.MethodGet, path, q, nil, "")
	if err != nil {
		return 0, false, err
	}
	defer res.Body.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := res.Body.Read(buf)
		if n > 0 {
			if _, werr := w.Write(buf[:n]); werr != nil {
				return total, true, fmt.Errorf("write the log: %w", werr)
			}
			total += int64(n)
		}
		switch {
		case err == io.EOF: //nolint:errorlint // a Reader's EOF is never wrapped
			return total, true, nil
		case err != nil:
			return total, true, c.unreachable(err)
		}
	}
}
