package probe

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
)

const password = "correct horse battery staple"

// host is a machine with an SSH server that does what a test wants.
type host struct {
	t           *testing.T
	listener    net.Listener
	fingerprint string
	says        map[string]reply // by a word of the command
	interactive bool             // passwords are asked for by questions only
	mute        bool             // accepts no commands

	mu       sync.Mutex
	attempts int // to sign in
}

type reply struct {
	out, errs string
	code      int
	hang      bool
}

// fine is a machine that has everything.
func fine() map[string]reply {
	return map[string]reply{
		"sudo": {}, "docker": {out: "27.5.1\n"},
		"nvidia-smi": {out: "GPU 0: NVIDIA GeForce RTX 4090 (UUID: GPU-1)\nGPU 1: NVIDIA GeForce RTX 4090 (UUID: GPU-2)\n"},
		"df":         {out: "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/sda1 104857600 52428800 52428800 50% /\n"},
	}
}

func newKey(t *testing.T, passphrase string) (private string, signer ssh.Signer) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(key, "test")
	if passphrase != "" {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(key, "test", []byte(passphrase))
	}
	if err != nil {
		t.Fatal(err)
	}
	if signer, err = ssh.NewSignerFromKey(key); err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(block)), signer
}

// start lets the host in: kim, by the password or the key.
func (h *host) start(t *testing.T, authorized ssh.PublicKey) *host {
	t.Helper()
	h.t = t
	_, signer := newKey(t, "")
	h.fingerprint = ssh.FingerprintSHA256(signer.PublicKey())
	no := fmt.Errorf("no")
	tried := func() { h.mu.Lock(); h.attempts++; h.mu.Unlock() }
	config := &ssh.ServerConfig{
		PublicKeyCallback: func(c ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			tried()
			if authorized == nil || c.User() != "kim" || string(key.Marshal()) != string(authorized.Marshal()) {
				return nil, no
			}
			return nil, nil
		},
	}
	if h.interactive {
		config.KeyboardInteractiveCallback = func(_ ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
			tried()
			answers, err := ask("", "", []string{"Favourite colour: ", "Password: "}, []bool{true, false})
			if err != nil || len(answers) != 2 || answers[0] != "" || answers[1] != password {
				return nil, no
			}
			return nil, nil
		}
	} else {
		config.PasswordCallback = func(c ssh.ConnMetadata, p []byte) (*ssh.Permissions, error) {
			tried()
			if c.User() != "kim" || string(p) != password {
				return nil, no
			}
			return nil, nil
		}
	}
	config.AddHostKey(signer)
	var err error
	if h.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	t.Cleanup(func() { h.listener.Close(); wg.Wait() })
	wg.Go(func() {
		for {
			conn, err := h.listener.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { h.serve(conn, config) })
		}
	})
	return h
}

func (h *host) serve(conn net.Conn, config *ssh.ServerConfig) {
	defer conn.Close()
	_, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for c := range channels {
		if h.mute {
			_ = c.Reject(ssh.Prohibited, "no sessions here")
			continue
		}
		ch, reqs, err := c.Accept()
		if err != nil {
			return
		}
		go h.session(ch, reqs)
	}
}

func (h *host) session(ch ssh.Channel, reqs <-chan *ssh.Request) {
	for r := range reqs {
		var command struct{ Text string }
		if r.Type != "exec" || ssh.Unmarshal(r.Payload, &command) != nil {
			_ = r.Reply(false, nil)
			continue
		}
		_ = r.Reply(true, nil)
		says := reply{errs: "sh: not found\n", code: 127}
		for word, known := range h.says {
			if strings.Contains(command.Text, word) {
				says = known
			}
		}
		if says.hang {
			continue
		}
		go func() {
			_, _ = ch.Write([]byte(says.out))
			_, _ = ch.Stderr().Write([]byte(says.errs))
			_, _ = ch.SendRequest("exit-status", false, ssh.Marshal(struct{ Code uint32 }{uint32(says.code)}))
			ch.Close()
		}()
	}
}

// target is the host as kim sees it, who trusts its key.
func (h *host) target() Target {
	at := h.listener.Addr().(*net.TCPAddr)
	return Target{Address: "127.0.0.1", Port: at.Port, User: "kim", Password: password, HostKey: h.fingerprint}
}
