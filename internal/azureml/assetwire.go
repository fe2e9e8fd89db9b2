package azureml

import (
	"strings"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
)

// assetIn is what may be said of a version; the fields of all kinds (wire D).
type assetIn struct {
	Properties *assetProps `json:"properties"`
}

type assetProps struct {
	Description *string        `json:"description"`
	Tags        *arm.Texts     `json:"tags"`
	Properties  *arm.Texts     `json:"properties"`
	IsAnonymous *bool          `json:"isAnonymous"`
	IsArchived  *bool          `json:"isArchived"`
	CodeURI     string         `json:"codeUri"`
	DataURI     string         `json:"dataUri"`
	DataType    string         `json:"dataType"`
	Image       string         `json:"image"`
	CondaFile   string         `json:"condaFile"`
	PipFile     string         `json:"pipFile"` // ours: requirements.txt
	Build       map[string]any `json:"build"`
}

func (in *assetProps) describe(v *atelier.Asset) {
	v.Description = deref(in.Description, v.Description)
	v.Anonymous = deref(in.IsAnonymous, v.Anonymous)
	v.Archived = deref(in.IsArchived, v.Archived)
	if in.Tags != nil {
		v.Tags = some(*in.Tags)
	}
	if in.Properties != nil {
		v.Properties = some(*in.Properties)
	}
}

// fill takes over the content.
func (in *assetProps) fill(w *atelier.Workspace, kind string, v *atelier.Asset) error {
	switch kind {
	case atelier.KindCode:
		v.URI = in.CodeURI
		if v.URI == "" {
			return missing("properties.codeUri")
		}
		if _, err := atelier.BlobKey(w, v.URI); err != nil {
			return atAs(err, "properties.codeUri")
		}
	case atelier.KindData:
		v.URI, v.Type = in.DataURI, strings.ToLower(in.DataType)
		if v.URI == "" {
			return missing("properties.dataUri")
		}
		if v.Type == "" {
			return missing("properties.dataType")
		}
		return checkDataType(v.Type, "properties.dataType")
	case atelier.KindEnvironment:
		v.Image, v.Conda, v.Pip = in.Image, in.CondaFile, in.PipFile
		if len(in.Build) > 0 {
			return atelier.Errorf(atelier.Unsupported, "BuildNotSupported",
				"environments with a build context are not supported yet; give condaFile, pipFile or image").At("properties.build")
		}
	}
	return nil
}

func checkDataType(kind, at string) error {
	switch kind {
	case "uri_file", "uri_folder":
		return nil
	case "mltable":
		return atelier.Errorf(atelier.Unsupported, "DataTypeNotSupported", "data of type mltable is not supported yet; uri_file and uri_folder are").At(at)
	}
	return atelier.Errorf(atelier.Invalid, "InvalidDataType", "the type is %q; it must be uri_file or uri_folder", kind).At(at)
}

// differs names the part of the content that the body wants to be another, or "".
// What the body leaves out is as it is.
func (in *assetProps) differs(kind string, v *atelier.Asset) string {
	var fields []struct{ name, was, asks string }
	add := func(name, was, asks string) {
		fields = append(fields, struct{ name, was, asks string }{name, was, asks})
	}
	switch kind {
	case atelier.KindCode:
		add("codeUri", v.URI, in.CodeURI)
	case atelier.KindData:
		add("dataUri", v.URI, in.DataURI)
		add("dataType", v.Type, strings.ToLower(in.DataType))
	case atelier.KindEnvironment:
		add("image", v.Image, in.Image)
		add("condaFile", v.Conda, in.CondaFile)
		add("pipFile", v.Pip, in.PipFile)
		if len(in.Build) > 0 {
			return "build"
		}
	}
	for _, f := range fields {
		if f.asks != "" && f.asks != f.was {
			return f.name
		}
	}
	return ""
}

type assetOut struct {
	ID         string         `json:"id"`
	Name       string         `json:"name"`
	Type       string         `json:"type"`
	SystemData *systemData    `json:"systemData"`
	Properties map[string]any `json:"properties"`
}

func assetOutOf(w *atelier.Workspace, kind string, v *atelier.Asset) *assetOut {
	p := map[string]any{
		"description": textOrNil(v.Description), "tags": nonNil(v.Tags), "properties": nonNil(v.Properties),
		"isAnonymous": v.Anonymous, "isArchived": v.Archived, "provisioningState": "Succeeded",
	}
	switch kind {
	case atelier.KindCode:
		p["codeUri"] = v.URI
	case atelier.KindData:
		p["dataUri"], p["dataType"] = v.URI, v.Type
	case atelier.KindEnvironment:
		p["image"], p["condaFile"], p["pipFile"] = textOrNil(v.Image), textOrNil(v.Conda), textOrNil(v.Pip)
		p["environmentType"], p["osType"], p["autoRebuild"] = "UserCreated", "Linux", "Disabled"
	}
	if v.Hash != "" { // ours: what Atelier itself computed
		p["sha256"], p["sizeBytes"], p["fileCount"] = v.Hash, v.Size, v.Files
	}
	return &assetOut{
		ID: armID(w, kind, v.Name, "versions", v.Version), Name: v.Version, Type: ws + kind + "/versions",
		SystemData: systemDataOf(&v.Meta), Properties: p,
	}
}
