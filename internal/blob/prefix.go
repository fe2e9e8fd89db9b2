package blob

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"
)

// PrefixLister is what stores may do better than by listing a folder.
type PrefixLister interface {
	ListPrefix(ctx context.Context, prefix string) ([]Info, error)
}

// ListPrefix returns every blob whose key begins with the text prefix, in order of
// key. Unlike in List, "a" is also the beginning of "ab/c".
func ListPrefix(ctx context.Context, s Store, prefix string) ([]Info, error) {
	if p, ok := s.(PrefixLister); ok {
		return p.ListPrefix(ctx, prefix)
	}
	folder, _ := cutLast(prefix)
	if folder != "" && CheckKey(folder) != nil {
		return nil, nil
	}
	list, err := s.List(ctx, folder)
	return slices.DeleteFunc(list, func(b Info) bool { return !strings.HasPrefix(b.Key, prefix) }), err
}

// cutLast cuts a key before its last segment.
func cutLast(key string) (folder, last string) {
	i := strings.LastIndexByte(key, '/')
	return key[:max(i, 0)], key[i+1:]
}

// ListPrefix implements PrefixLister: it looks into those folders only whose names
// fit.
func (d Dir) ListPrefix(ctx context.Context, prefix string) ([]Info, error) {
	folder, last := cutLast(prefix)
	switch {
	case strings.HasPrefix(prefix, "/") || folder != "" && CheckKey(folder) != nil:
		return nil, nil // no key is like that
	case last == "":
		list, err := d.List(ctx, folder)
		return slices.DeleteFunc(list, func(b Info) bool { return b.Key == folder }), err
	}
	names, err := d.names(folder)
	if err != nil {
		return nil, fmt.Errorf("list %q: %w", prefix, err)
	}
	var list []Info
	for _, name := range names {
		key := strings.TrimPrefix(folder+"/"+name, "/")
		if !strings.HasPrefix(name, last) || CheckKey(key) != nil {
			continue
		}
		below, err := d.List(ctx, key)
		if err != nil {
			return nil, err
		}
		list = append(list, below...)
	}
	slices.SortFunc(list, func(a, b Info) int { return strings.Compare(a.Key, b.Key) })
	return list, nil
}

// names are those in a folder that no link leads to; none if there is no folder.
func (d Dir) names(folder string) ([]string, error) {
	root, err := os.OpenRoot(d.Root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if folder == "" {
		folder = "."
	}
	if err := noLinks(root, folder); errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	f, err := root.Open(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	if errors.Is(err, syscall.ENOTDIR) {
		return nil, nil
	}
	return names, err
}
