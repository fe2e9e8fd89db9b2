package azureml

import (
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/store"
)

type fileOut struct {
	Path string `json:"path"`
	Size int64  `json:"size"`
}

// outputPrefix finds the prefix of what the job in the path left behind.
func (a *API) outputPrefix(r *arm.Request) (prefix string, err error) {
	err = a.read(r, func(tx *store.Tx, w *atelier.Workspace) error {
		j, err := jobOf(tx, r)
		if err == nil {
			prefix = atelier.OutputPrefix(w.UID, j.Name)
		}
		return err
	})
	return prefix, err
}

func (a *API) listOutputs(r *arm.Request) (int, any, error) {
	prefix, err := a.outputPrefix(r)
	if err != nil {
		return 0, nil, err
	}
	return a.listFiles(r, prefix)
}

// listFiles lists what is below a prefix, by paths from there.
func (a *API) listFiles(r *arm.Request, prefix string) (int, any, error) {
	page, err := r.Page()
	if err != nil {
		return 0, nil, err
	}
	files, err := a.Blobs.List(r.Context(), prefix)
	if err != nil {
		return 0, nil, err
	}
	list := arm.List[fileOut]{Value: []fileOut{}}
	from := min(page.After, int64(len(files)))
	to := min(from+int64(page.Top), int64(len(files)))
	for _, f := range files[from:to] {
		list.Value = append(list.Value, fileOut{strings.TrimPrefix(f.Key, prefix+"/"), f.Size})
	}
	if to < int64(len(files)) {
		list.NextLink = r.Next(to)
	}
	return ok, list, nil
}

func (a *API) getOutputFile(r *arm.Request) (int, any, error) {
	prefix, err := a.outputPrefix(r)
	if err != nil {
		return 0, nil, err
	}
	name := r.Param("path")
	return a.sendFile(r, prefix+"/"+name, name,
		atelier.Errorf(atelier.NotFound, "OutputNotFound", "job %q has no output %q; `atelier job outputs %s` lists what there is", r.Param("job"), name, r.Param("job")))
}

// sendFile sends one file, or says that it is missing. Whatever is in it, a browser
// saves it and does not show it.
func (a *API) sendFile(r *arm.Request, key, name string, missing error) (int, any, error) {
	f, info, err := a.Blobs.Open(r.Context(), key)
	if atelier.IsKind(err, atelier.NotFound) {
		err = missing
	}
	if err != nil {
		return 0, nil, err
	}
	r.Unhurried()
	return 0, arm.Stream(func(w http.ResponseWriter) error {
		defer f.Close()
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape(path.Base(name)))
		http.ServeContent(w, r.Request, "", info.ModTime, f)
		return nil
	}), nil
}

// codePrefix finds where the files of the version of code in the path are.
func (a *API) codePrefix(r *arm.Request) (prefix string, err error) {
	err = a.read(r, func(tx *store.Tx, w *atelier.Workspace) error {
		v, err := versionOf(tx, w, atelier.KindCode, r)
		if err == nil && v == nil {
			err = noVersion(atelier.KindCode, r)
		}
		if err == nil {
			prefix, err = atelier.BlobKey(w, v.URI)
		}
		return err
	})
	return prefix, err
}

func (a *API) listCode(r *arm.Request) (int, any, error) {
	prefix, err := a.codePrefix(r)
	if err != nil {
		return 0, nil, err
	}
	return a.listFiles(r, prefix)
}

func (a *API) getCodeFile(r *arm.Request) (int, any, error) {
	prefix, err := a.codePrefix(r)
	if err != nil {
		return 0, nil, err
	}
	name := r.Param("path")
	return a.sendFile(r, prefix+"/"+name, name,
		atelier.Errorf(atelier.NotFound, "FileNotFound", "version %q of code %q has no file %q; its list of files shows what there is", r.Param("version"), r.Param("name"), name))
}
