package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"time"

	"github.com/atelier-compute/atelier"
)

// entry is an event as it is logged: its hash covers the event and the hash of the
// one before, so that nothing can be changed, left out or put in between unnoticed.
type entry struct {
	event atelier.Event
	hash  []byte
}

// chain links the events to the log that ends with head.
func chain(head []byte, events []atelier.Event) []entry {
	log := make([]entry, len(events))
	for i, e := range events {
		head = link(head, e)
		log[i] = entry{event: e, hash: head}
	}
	return log
}

func link(prev []byte, e atelier.Event) []byte {
	b := append(make([]byte, 0, 512), prev...)
	b = binary.AppendVarint(b, e.Seq)
	b = binary.AppendVarint(b, e.At.UnixMicro())
	b = binary.AppendVarint(b, e.Rev)
	for _, s := range []string{e.Actor, e.Verb, string(e.Target), e.UID, e.State, e.Reason, e.Message} {
		b = appendString(b, s)
	}
	if e.Detail != "" { // those from before there were any are as they were
		b = appendString(b, e.Detail)
	}
	sum := sha256.Sum256(b)
	return sum[:]
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// Verify checks the store against its log: the file is sound, the chain of hashes is unbroken, no
// number is missing, every change has its one event, and what is stored is what
// the events say. It reads everything.
func (db *DB) Verify(ctx context.Context) error {
	if err := db.eng.check(ctx); err != nil {
		return fmt.Errorf("verify the file: %w", err)
	}
	return db.eng.read(func(r reader) error { return verify(ctx, r) })
}

// trace is what the log says of a resource.
type trace struct{ rev, seq int64 }

func verify(ctx context.Context, r reader) error {
	found := map[atelier.ID]trace{}
	var last entry
	err := r.trail(func(e entry) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if e.event.Seq != last.event.Seq+1 {
			return fmt.Errorf("verify the log: event %d follows event %d", e.event.Seq, last.event.Seq)
		}
		if !bytes.Equal(link(last.hash, e.event), e.hash) {
			return fmt.Errorf("verify the log: event %d is not what was written", e.event.Seq)
		}
		last = e
		return follow(found, e.event)
	})
	if err != nil {
		return err
	}
	err = r.all(func(r row) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if t := found[r.id]; t != (trace{rev: r.rev, seq: r.seq}) {
			return fmt.Errorf("verify %s: revision %d of age %d is stored, the log says %d of %d", r.id, r.rev, r.seq, t.rev, t.seq)
		}
		delete(found, r.id)
		return nil
	})
	if err != nil {
		return err
	}
	if len(found) > 0 {
		return fmt.Errorf("verify: %d resources are missing that the log says exist", len(found))
	}
	return nil
}

// follow checks that the event is the next one in the life of its target.
func follow(found map[atelier.ID]trace, e atelier.Event) error {
	t, exists := found[e.Target]
	want := t.rev + 1
	switch e.Verb {
	case "created":
		if exists {
			return fmt.Errorf("verify the log: event %d creates %s, which exists", e.Seq, e.Target)
		}
		found[e.Target] = trace{rev: e.Rev, seq: e.Seq}
	case "updated":
		found[e.Target] = trace{rev: e.Rev, seq: t.seq}
	case "deleted":
		want = t.rev
		delete(found, e.Target)
	default:
		return fmt.Errorf("verify the log: event %d has the unknown verb %q", e.Seq, e.Verb)
	}
	if e.Rev != want || exists == (e.Verb == "created") {
		return fmt.Errorf("verify the log: event %d leaves %s at revision %d, want %d", e.Seq, e.Target, e.Rev, want)
	}
	return nil
}

// castagnoli is the polynomial that processors compute.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sums returns the checksums of the row's columns and of its body. SQLite has none
// of its own: without these a flipped bit would be read as data. The buffer is
// for reuse.
func sums(r row, buffer *[]byte) (columns, body uint32) {
	b := (*buffer)[:0]
	for _, n := range []int64{r.seq, r.rev, int64(r.index.Priority), int64(r.index.Need), r.created.UnixMicro()} {
		b = binary.AppendVarint(b, n)
	}
	done := byte(0)
	if r.index.Done {
		done = 1
	}
	b = append(b, done)
	for _, s := range []string{string(r.id), r.index.State, string(r.index.Compute), string(r.index.Node), r.index.Hash} {
		b = appendString(b, s)
	}
	*buffer = b
	return crc32.Checksum(b, castagnoli), crc32.Checksum(r.body, castagnoli)
}

// micro is the precision that times are stored with.
func micro(t time.Time) time.Time { return time.UnixMicro(t.UnixMicro()).UTC() }
