package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// hostKeys are in the order in which ssh prefers them, so that the fingerprint is
// the one that people have seen.
var hostKeys = []string{
	ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256,
}

// errUntrusted ends the handshake before anything is said of who signs in.
var errUntrusted = errors.New("the host key is not trusted")

// signIn makes the handshake: checks hostKey and auth.
func (r *run) signIn(ctx context.Context, conn net.Conn) (*ssh.Client, bool) {
	began := r.Now()
	methods, keyErr := r.methods()
	config := &ssh.ClientConfig{
		User: r.User, Auth: methods, HostKeyAlgorithms: hostKeys, ClientVersion: "SSH-2.0-Atelier",
		HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
			if r.hostKey == nil { // a server may change keys only to another trusted one
				r.hostKey = &HostKey{Type: key.Type(), Fingerprint: ssh.FingerprintSHA256(key)}
				r.judge(began)
				began = r.Now()
			}
			if ssh.FingerprintSHA256(key) != r.HostKey || keyErr != nil {
				return errUntrusted
			}
			return nil
		},
		BannerCallback: func(string) error { return nil },
	}
	c, channels, requests, err := ssh.NewClientConn(conn, r.Address, config)
	switch {
	case r.hostKey == nil:
		r.add(began, r.noHandshake(ctx, err))
		return nil, false
	case r.hostKey.Fingerprint != r.HostKey:
		return nil, false
	case keyErr != nil:
		r.add(began, *keyErr)
		return nil, false
	case err != nil:
		r.add(began, r.refused(ctx, err))
		return nil, false
	}
	r.add(began, Check{Name: Auth, Status: OK, Code: "SignedIn", Params: Params{"user": r.User}, Message: r.User + " is let in"})
	return ssh.NewClient(c, channels, requests), true
}

// judge holds the key that the machine showed against the one that the user trusts.
func (r *run) judge(began time.Time) {
	p := Params{"fingerprint": r.hostKey.Fingerprint, "type": r.hostKey.Type}
	switch r.HostKey {
	case r.hostKey.Fingerprint:
		r.add(began, Check{Name: Host, Status: OK, Code: "HostKeyTrusted", Params: p, Message: "the host key is the trusted one"})
	case "":
		r.add(began, Check{
			Name: Host, Status: Warning, Code: "HostKeyUnknown", Params: p, Message: "the machine shows the host key " + r.hostKey.Fingerprint + ", which nobody has confirmed yet",
			Help:    "compare it with what the machine itself says, and test again with it as the trusted key; until then nothing is said of who signs in",
			Command: "ssh-keygen -lf /etc/ssh/ssh_host_" + keyFile(r.hostKey.Type) + "_key.pub",
		})
	default:
		p["trusted"] = r.HostKey
		r.add(began, Check{
			Name: Host, Status: Failed, Code: "HostKeyChanged", Params: p, Message: "the machine shows the host key " + r.hostKey.Fingerprint + ", and " + r.HostKey + " is trusted",
			Help:    "somebody may be between, or the machine was installed anew: compare with what the machine itself says before you trust it",
			Command: "ssh-keygen -lf /etc/ssh/ssh_host_" + keyFile(r.hostKey.Type) + "_key.pub",
		})
	}
}

func keyFile(keyType string) string {
	for _, kind := range []string{"ed25519", "ecdsa", "rsa"} {
		if strings.Contains(keyType, kind) {
			return kind
		}
	}
	return "*"
}

// methods are the ways to sign in. What is wrong with the key is a check that failed.
func (r *run) methods() ([]ssh.AuthMethod, *Check) {
	var list []ssh.AuthMethod
	if r.PrivateKey != "" {
		signer, err := parseKey(r.PrivateKey, r.Passphrase)
		if err != nil {
			return nil, err
		}
		list = append(list, ssh.PublicKeys(signer))
	}
	if r.Password != "" {
		answer := func(_, _ string, questions []string, echos []bool) ([]string, error) {
			answers := make([]string, len(questions))
			for i, echo := range echos {
				if !echo { // what is shown as it is typed is no password
					answers[i] = r.Password
				}
			}
			return answers, nil
		}
		list = append(list, ssh.Password(r.Password), ssh.KeyboardInteractive(answer))
	}
	return list, nil
}

func parseKey(key, passphrase string) (ssh.Signer, *Check) {
	bad := func(code, message, help string) (ssh.Signer, *Check) {
		return nil, &Check{Name: Auth, Status: Failed, Code: code, Message: message, Help: help}
	}
	text := []byte(strings.TrimSpace(strings.ReplaceAll(key, "\r\n", "\n")) + "\n")
	signer, err := ssh.ParsePrivateKey(text)
	var locked *ssh.PassphraseMissingError
	switch {
	case err == nil:
		return signer, nil
	case errors.As(err, &locked) && passphrase == "":
		return bad("KeyLocked", "the private key is locked by a passphrase", "give its passphrase, or a key without one")
	case errors.As(err, &locked):
		if signer, err = ssh.ParsePrivateKeyWithPassphrase(text, []byte(passphrase)); err == nil {
			return signer, nil
		}
		return bad("WrongPassphrase", "the passphrase does not unlock the private key", "give the passphrase that the key was made with")
	case strings.HasPrefix(key, "ssh-") || strings.HasPrefix(key, "ecdsa-"):
		return bad("PublicKeyGiven", "this is a public key; signing in takes the private one", "give the file without .pub: it begins with -----BEGIN")
	case strings.HasPrefix(key, "PuTTY"):
		return bad("PuTTYKey", "this is a key in PuTTY's format, which is not read here", "export it in PuTTYgen: Conversions, Export OpenSSH key")
	}
	return bad("KeyUnreadable", "the private key cannot be read", "give the whole file, from -----BEGIN to END-----, in OpenSSH's format or PEM")
}

// noHandshake says why the other side did not come to show its key.
func (r *run) noHandshake(ctx context.Context, err error) Check {
	c := Check{Name: Host, Status: Failed, Code: "NotSSH", Message: "what listens there does not speak SSH", Help: "give the port of the SSH server; it is 22 for most machines"}
	var none *ssh.AlgorithmNegotiationError
	switch {
	case ctx.Err() != nil:
		c.Code = "NoHostKey"
		c.Message = fmt.Sprintf("the SSH server did not show its host key within %s", timeLimit)
		c.Help = "the machine may be busy, or something else than an SSH server may listen on the port"
	case errors.As(err, &none):
		c.Message, c.Help = "the SSH server has no algorithm in common with Atelier", "update the SSH server: it offers only what is no longer safe"
		c.Code, c.Detail = "NoCommonAlgorithm", err.Error()
	}
	return c
}

// refused says why nobody is let in.
func (r *run) refused(ctx context.Context, err error) Check {
	c := Check{Name: Auth, Status: Failed, Code: "NotLetIn", Params: Params{"user": r.User}, Message: r.User + " is not let in"}
	switch {
	case ctx.Err() != nil:
		c.Code = "NoAnswer"
		c.Message, c.Help = fmt.Sprintf("%s: no answer within %s", c.Message, timeLimit), "the machine may be busy, or look up names for long"
	case r.PrivateKey != "" && r.Password == "":
		c.Help = "check the user's name; put the public part of the key into ~/.ssh/authorized_keys of that user"
		c.Command = "ssh-copy-id -i KEY.pub " + r.User + "@" + r.Address
	default:
		c.Help = "check name and password; many servers accept keys only (PasswordAuthentication in /etc/ssh/sshd_config)"
	}
	if ctx.Err() == nil && !strings.Contains(err.Error(), "unable to authenticate") {
		c.Detail = err.Error()
	}
	return c
}
