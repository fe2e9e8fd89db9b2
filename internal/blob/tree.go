package blob

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/atelier-compute/atelier"
)

// Limits bounds what Untar takes. Zero fields are those of DefaultLimits.
type Limits struct {
	Files     int   // entries, folders included
	Bytes     int64 // of all files
	FileBytes int64 // of one file
}

// DefaultLimits are those of Azure's code snapshots, with room above.
var DefaultLimits = Limits{Files: 100_000, Bytes: 100 << 30, FileBytes: 50 << 30}

func (l Limits) orDefault() Limits {
	if l.Files == 0 {
		l.Files = DefaultLimits.Files
	}
	if l.Bytes == 0 {
		l.Bytes = DefaultLimits.Bytes
	}
	if l.FileBytes == 0 {
		l.FileBytes = DefaultLimits.FileBytes
	}
	return l
}

// Summary describes a tree of files.
type Summary struct {
	Files   int
	Bytes   int64
	SHA256  string   // of paths, executable bits and contents; the order does not matter
	Skipped []string // what is neither a plain file nor a folder and was left out
}

// tree collects what a Summary is about, and refuses names that clash.
type tree struct {
	files []leaf
	bytes int64
	kinds map[string]string // lower-case path → the spelling; folders end in "/"
}

type leaf struct {
	path string
	exec bool
	sum  [sha256.Size]byte
}

// claim takes the name for a file, and the folders above it.
func (t *tree) claim(name string) error {
	if t.kinds == nil {
		t.kinds = map[string]string{}
	}
	for i, r := range name {
		if r == '/' {
			if err := t.folder(name[:i]); err != nil {
				return err
			}
		}
	}
	if was, ok := t.kinds[strings.ToLower(name)]; ok {
		return clash(name, was)
	}
	t.kinds[strings.ToLower(name)] = name
	return nil
}

func (t *tree) folder(name string) error {
	if t.kinds == nil {
		t.kinds = map[string]string{}
	}
	low := strings.ToLower(name)
	was, ok := t.kinds[low]
	if ok && was != name+"/" {
		return clash(name+"/", was)
	}
	t.kinds[low] = name + "/"
	return nil
}

func clash(name, was string) error {
	switch {
	case was == name:
		return atelier.Errorf(atelier.Invalid, "InvalidArchive", "the archive has %q twice; send each file once", name)
	case strings.EqualFold(was, name):
		return atelier.Errorf(atelier.Invalid, "InvalidArchive", "the archive has both %q and %q, which are one name where case does not count; rename one", was, name)
	}
	return atelier.Errorf(atelier.Invalid, "InvalidArchive", "the archive has %q as a file and as a folder (%q); rename one", name, was)
}

func (t *tree) add(path string, exec bool, sum [sha256.Size]byte, size int64) {
	t.files = append(t.files, leaf{path, exec, sum})
	t.bytes += size
}

func (t *tree) summary() Summary {
	slices.SortFunc(t.files, func(a, b leaf) int { return strings.Compare(a.path, b.path) })
	h := sha256.New()
	for _, f := range t.files {
		fmt.Fprintf(h, "%q %t %x\n", f.path, f.exec, f.sum)
	}
	return Summary{Files: len(t.files), Bytes: t.bytes, SHA256: hex.EncodeToString(h.Sum(nil))}
}
