package azureml

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/atelier-compute/atelier"
	"github.com/atelier-compute/atelier/internal/arm"
)

// datastoreTypes are the types with what each must say of where it is (wire D).
var datastoreTypes = map[string][]string{
	"AzureBlob":         {"accountName", "containerName"},
	"AzureFile":         {"accountName", "fileShareName"},
	"AzureDataLakeGen1": {"storeName"},
	"AzureDataLakeGen2": {"accountName", "filesystem"},
	"OneLake":           {"artifact", "oneLakeWorkspaceName"},
	"Hdfs":              {"nameNodeAddress"},
}

// credentialTypes are the types of credentials with the member of their secrets
// that must be there.
var credentialTypes = map[string]string{
	"AccountKey": "key", "Sas": "sasToken", "ServicePrincipal": "clientSecret", "Certificate": "certificate",
	"KerberosKeytab": "kerberosKeytab", "KerberosPassword": "kerberosPassword", "None": "",
}

// datastoreIn is what a body says of a datastore.
type datastoreIn struct {
	kind        string
	properties  json.RawMessage // all that the user said, without secrets
	credentials string          // type
	secrets     json.RawMessage // nil if not said
}

// readDatastore checks what decides, and keeps everything else as it was said.
func readDatastore(p map[string]json.RawMessage) (*datastoreIn, error) {
	if p == nil {
		return nil, missing("properties")
	}
	in := new(datastoreIn)
	const at = "properties.datastoreType"
	kind, err := needText(p["datastoreType"], at)
	if err != nil {
		return nil, err
	}
	if in.kind = canonical(kind, sorted(datastoreTypes)...); datastoreTypes[in.kind] == nil {
		return nil, atelier.Errorf(atelier.Invalid, "InvalidDatastoreType", "datastoreType is %q; it must be one of %s", kind, strings.Join(sorted(datastoreTypes), ", ")).At(at)
	}
	for _, member := range datastoreTypes[in.kind] {
		if member == "nameNodeAddress" || member == "artifact" { // an object, or its name
			if isNull(p[member]) {
				return nil, missing("properties." + member)
			}
			continue
		}
		if _, err := needText(p[member], "properties."+member); err != nil {
			return nil, err
		}
	}
	for _, member := range []string{"tags", "properties"} {
		var m arm.Texts
		if err := arm.Unmarshal(orNull(p[member]), &m, "properties."+member); err != nil {
			return nil, err
		}
		if p[member], err = json.Marshal(nonNil(m)); err != nil {
			return nil, err
		}
	}
	if err := in.readCredentials(p); err != nil {
		return nil, err
	}
	delete(p, "isDefault") // read-only
	in.properties, err = json.Marshal(p)
	return in, err
}

// readCredentials takes the secrets out of p.
func (in *datastoreIn) readCredentials(p map[string]json.RawMessage) error {
	const at = "properties.credentials"
	if isNull(p["credentials"]) {
		return missing(at)
	}
	var c map[string]json.RawMessage
	if err := arm.Unmarshal(p["credentials"], &c, at); err != nil {
		return err
	}
	kind, err := needText(c["credentialsType"], at+".credentialsType")
	if err != nil {
		return err
	}
	in.credentials = canonical(kind, sorted(credentialTypes)...)
	member, known := credentialTypes[in.credentials]
	if !known {
		return atelier.Errorf(atelier.Invalid, "InvalidCredentialsType", "credentialsType is %q; it must be one of %s", kind, strings.Join(sorted(credentialTypes), ", ")).At(at + ".credentialsType")
	}
	if !isNull(c["secrets"]) && member != "" {
		if in.secrets, err = readSecrets(c["secrets"], in.credentials, member); err != nil {
			return err
		}
	}
	for name := range c { // some clients put the secret beside the others
		if slices.ContainsFunc(sorted(credentialTypes), func(t string) bool { return strings.EqualFold(name, credentialTypes[t]) }) || strings.EqualFold(name, "secrets") {
			delete(c, name)
		}
	}
	c["credentialsType"], err = json.Marshal(in.credentials)
	if err != nil {
		return err
	}
	p["credentials"], err = json.Marshal(c)
	return err
}

func readSecrets(data json.RawMessage, kind, member string) (json.RawMessage, error) {
	const at = "properties.credentials.secrets"
	var s map[string]json.RawMessage
	if err := arm.Unmarshal(data, &s, at); err != nil {
		return nil, err
	}
	if isNull(s[member]) { // the shape of a GET: nothing is said
		return nil, nil
	}
	if _, err := needText(s[member], at+"."+member); err != nil {
		return nil, err
	}
	var err error
	if s["secretsType"], err = json.Marshal(kind); err != nil {
		return nil, err
	}
	return json.Marshal(s)
}

// needText reads a string that must be there.
func needText(data json.RawMessage, at string) (string, error) {
	var s string
	if isNull(data) {
		return "", missing(at)
	}
	if err := arm.Unmarshal(data, &s, at); err != nil {
		return "", err
	}
	if s == "" {
		return "", missing(at)
	}
	return s, nil
}

func isNull(data json.RawMessage) bool { return len(data) == 0 || string(data) == "null" }

func orNull(data json.RawMessage) json.RawMessage {
	if len(data) == 0 {
		return json.RawMessage("null")
	}
	return data
}
