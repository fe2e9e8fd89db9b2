package azblob

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/blob"
)

// blockLife is how long a block waits for its list.
const blockLife = 7 * 24 * time.Hour

const (
	maxBlocks  = 50_000
	maxBlockID = 64
	maxList    = 8 << 20
)

// blocks is the prefix of the blob's blocks that wait for their list.
func (c *call) blocks() string {
	sum := sha256.Sum256([]byte(c.path))
	return atelier.BlocksPrefix(c.workspace.UID) + "/" + c.container + "/" + hex.EncodeToString(sum[:])
}

func (c *call) propertiesKey() string { return atelier.PropertiesKey(c.workspace.UID, c.key()) }

// blockName is how a block is called in the store.
func blockName(id string) (string, error) {
	raw, err := base64.StdEncoding.DecodeString(id)
	if err != nil || len(raw) == 0 || len(raw) > maxBlockID {
		return "", fail(http.StatusBadRequest, "InvalidQueryParameterValue", "the block ID %q is not 1 to %d bytes in base64", id, maxBlockID)
	}
	return hex.EncodeToString(raw), nil
}

// putBlock keeps a piece of a blob until a list says what becomes of it.
func (c *call) putBlock() error {
	name, err := blockName(c.q.Get("blockid"))
	if err != nil {
		return err
	}
	if c.Header.Get("x-ms-copy-source") != "" {
		return fail(http.StatusBadRequest, "UnsupportedHeader", "copying is not supported; download the blob and upload it")
	}
	if err := c.changeable(); err != nil {
		return err
	}
	body, err := c.body(maxBlock)
	if err != nil {
		return err
	}
	if _, err := c.s.Drafts.Put(c.Context(), c.blocks()+"/"+name, 0, body); err != nil {
		return err
	}
	h := c.w.Header()
	for _, name := range []string{"Content-MD5", "x-ms-content-crc64"} { // it was right
		if sum := c.Header.Get(name); sum != "" {
			h.Set(name, sum)
		}
	}
	h.Set("x-ms-request-server-encrypted", "false")
	c.w.WriteHeader(http.StatusCreated)
	return nil
}

type blockList struct {
	Blocks []struct {
		XMLName xml.Name
		ID      string `xml:",chardata"`
	} `xml:",any"`
}

// putBlocks makes a blob out of blocks.
func (c *call) putBlocks() error {
	props, err := said(c.Header, true)
	if err != nil {
		return err
	}
	body, err := c.body(maxList)
	if err != nil {
		return err
	}
	data, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	var in blockList
	if err := xml.Unmarshal(data, &in); err != nil {
		return fail(http.StatusBadRequest, "InvalidXmlDocument", "the block list is not valid XML: %v", err)
	}
	return c.store(props, func(ctx context.Context) error {
		parts, err := c.listed(ctx, &in)
		if err != nil {
			return err
		}
		return blob.Join(ctx, c.s.Blobs, c.key(), parts)
	})
}

// listed are the keys of the blocks that the list names. Blocks of the blob as it
// was are not kept apart, so a list cannot name them.
func (c *call) listed(ctx context.Context, in *blockList) ([]string, error) {
	if len(in.Blocks) > maxBlocks {
		return nil, fail(http.StatusBadRequest, "BlockCountExceedsLimit", "the list has %d blocks; at most %d are possible", len(in.Blocks), maxBlocks)
	}
	waiting, err := c.s.Blobs.List(ctx, c.blocks())
	if err != nil {
		return nil, err
	}
	there := make(map[string]bool, len(waiting))
	for _, b := range waiting {
		there[b.Key] = true
	}
	parts := make([]string, len(in.Blocks))
	for i, b := range in.Blocks {
		name, err := blockName(strings.TrimSpace(b.ID))
		if err != nil {
			return nil, errBlockList
		}
		parts[i] = c.blocks() + "/" + name
		if kind := b.XMLName.Local; !there[parts[i]] || kind != "Latest" && kind != "Uncommitted" {
			return nil, errBlockList
		}
	}
	return parts, nil
}

type blockOut struct {
	Name string
	Size int64
}

type blocksOut struct {
	XMLName     xml.Name   `xml:"BlockList"`
	Committed   []blockOut `xml:"CommittedBlocks>Block"`
	Uncommitted []blockOut `xml:"UncommittedBlocks>Block"`
}

// getBlocks tells which blocks wait. Those of the blob itself are one with it.
func (c *call) getBlocks() error {
	ctx := c.Context()
	st, err := c.look(ctx)
	if err != nil {
		return err
	}
	waiting, err := c.s.Blobs.List(ctx, c.blocks())
	if err != nil {
		return err
	}
	if st == nil && len(waiting) == 0 {
		return errNoBlob
	}
	h := c.w.Header()
	if st != nil {
		st.tellVersion(h)
		h.Set("x-ms-blob-content-length", fmt.Sprint(st.Info.Size))
	}
	var out blocksOut
	if kind := strings.ToLower(c.q.Get("blocklisttype")); kind == "uncommitted" || kind == "all" {
		for _, b := range waiting {
			raw, err := hex.DecodeString(b.Key[strings.LastIndexByte(b.Key, '/')+1:])
			if err == nil {
				out.Uncommitted = append(out.Uncommitted, blockOut{base64.StdEncoding.EncodeToString(raw), b.Size})
			}
		}
	}
	h.Set("Content-Type", "application/xml")
	writeXML(c.w, out)
	return nil
}

// Sweep removes the blocks that have waited for their list for too long.
func (s *Server) Sweep(ctx context.Context) error {
	before := s.Now().Add(-blockLife)
	uids := s.Workspaces.uids()
	slices.Sort(uids)
	var errs error
	for _, uid := range uids {
		waiting, err := s.Blobs.List(ctx, atelier.BlocksPrefix(uid))
		errs = errors.Join(errs, err)
		for _, b := range waiting {
			if b.ModTime.Before(before) {
				errs = errors.Join(errs, s.Blobs.Delete(ctx, b.Key))
			}
		}
	}
	if errs != nil {
		return fmt.Errorf("sweep blocks: %w", errs)
	}
	return nil
}
