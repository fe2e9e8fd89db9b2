// Package web is the studio as it was built by Vite: the files that a browser
// loads. A Go build without Node.js has none of them, and the server says so.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Dist are the built files: index.html, assets, and beside each what it is
// compressed. It is empty but for .gitkeep if the studio was not built.
func Dist() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the name is well formed
	}
	return sub
}
