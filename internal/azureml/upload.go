package azureml

import (
	"context"
	"net/http"
	"strings"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
	"github.com/atelier-compute/atelier/internal/blob"
	"github.com/atelier-compute/atelier/internal/store"
)

// maxUpload only keeps the framing of an archive within reason; what counts are the
// limits of its files (API.Uploads).
const maxUpload = 1 << 40

// upload makes a version out of a tar stream. The files go to a place of their own
// first, so that a version that exists is never touched: the same content again is
// the same version, other content a conflict.
func (a *API) upload(kind string) arm.Handler {
	return func(r *arm.Request) (int, any, error) {
		if err := checkVersion(r); err != nil {
			return 0, nil, err
		}
		dataType := ""
		if kind == atelier.KindData {
			dataType = strings.ToLower(r.Query("type"))
			if dataType == "" {
				dataType = "uri_folder"
			}
			if err := checkDataType(dataType, "type"); err != nil {
				return 0, nil, err
			}
		}
		var prefix string
		err := a.read(r, func(_ *store.Tx, w *atelier.Workspace) error {
			prefix = uploadPrefix(w, kind, r.Param("name"), r.Param("version"), a.NewID())
			return nil
		})
		if err != nil {
			return 0, nil, err
		}
		r.Unhurried()
		sum, err := blob.Untar(r.Context(), a.Blobs, prefix, r.Body, a.Uploads)
		var out *assetOut
		status := http.StatusCreated
		if err == nil {
			out, status, err = a.uploaded(r, kind, dataType, prefix, sum)
		}
		if err != nil || status == http.StatusOK { // not needed
			if gone := a.Blobs.Delete(context.WithoutCancel(r.Context()), prefix); err == nil {
				err = gone
			}
		}
		return status, out, err
	}
}

// uploaded records the version whose files are below prefix. The status is 200 if
// the same content was there already.
func (a *API) uploaded(r *arm.Request, kind, dataType, prefix string, sum blob.Summary) (out *assetOut, status int, err error) {
	files, err := a.Blobs.List(r.Context(), prefix)
	if err != nil {
		return nil, 0, err
	}
	if dataType == "uri_file" && len(files) != 1 {
		return nil, 0, atelier.Errorf(atelier.Invalid, "InvalidArchive", "data of type uri_file is one file, and the archive has %d; send it as uri_folder", len(files)).At("type")
	}
	if len(files) == 0 {
		return nil, 0, atelier.Errorf(atelier.Invalid, "InvalidArchive", "the archive has no file in it")
	}
	status = http.StatusCreated
	err = a.write(r, func(tx *store.Tx, w *atelier.Workspace) error {
		v, err := versionOf(tx, w, kind, r)
		if err != nil {
			return err
		}
		if v != nil {
			if v.Hash != sum.SHA256 || v.Type != dataType {
				return atelier.Errorf(atelier.Conflict, "AssetVersionConflict",
					"version %q of %q exists with other content, and versions do not change; make a new version", v.Version, v.Name)
			}
			status, out = http.StatusOK, assetOutOf(w, kind, v)
			return nil
		}
		v = a.blank(r, w, kind)
		v.Type, v.Hash, v.Size, v.Files, v.Anonymous = dataType, sum.SHA256, sum.Bytes, sum.Files, kind == atelier.KindCode
		place := prefix
		if dataType == "uri_file" {
			place = files[0].Key
		}
		v.URI = atelier.DatastoreURI(atelier.DataStore, strings.TrimPrefix(place, w.UID+"/"+atelier.DataStore+"/"))
		out = assetOutOf(w, kind, v)
		return store.Put(tx, v)
	})
	return out, status, err
}
