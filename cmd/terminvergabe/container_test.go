package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"io/fs"
	number "math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"terminvergabe/internal/tooltest"
)

// container is what an engine makes of the Containerfile: a folder that is the whole world
// of the program, and how it is run there.
type container struct {
	*installation
	root, home         string
	user               uint32
	env                []string
	health, entry, cmd []string
}

// What the Containerfile puts together, and nothing of the machine beside it, serves: as a
// user without rights, with only its volume to write to. Where no engine is, a chroot is
// one.
func TestContainerServes(t *testing.T) {
	tooltest.NeedRoot(t)
	program := build(t)
	authority, server := ownAuthority(t)
	letters := mailServer(t, server)
	contents := t.TempDir()
	if err := os.Mkdir(filepath.Join(contents, "data"), 0o755); err != nil {
		t.Fatal(err)
	}
	copyWith(t, filepath.Join(program, "terminvergabe"), filepath.Join(contents, "terminvergabe"), 0o755)
	write(t, filepath.Join(contents, "ca-certificates.crt"), string(authority))
	c := assemble(t, contents)
	c.configure(letters.Addr().(*net.TCPAddr).Port)
	built := c.files()

	conf := []string{"--config", "/etc/terminvergabe/config.yaml"}
	c.say("apply", append(conf, "/etc/terminvergabe/town.yaml")...)
	service := c.command(append(c.entry, c.cmd...)...)
	if err := service.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = service.Process.Kill() }) // an error says that it has ended
	for began := time.Now(); c.command(c.health...).Run() != nil; time.Sleep(50 * time.Millisecond) {
		if time.Since(began) > longest {
			t.Fatal("the container never became healthy")
		}
	}
	secret := c.book(time.Now().AddDate(0, 0, 3).UTC().Truncate(time.Hour).Format(time.RFC3339))
	if status, body := c.get("/api/v1/stadt/bookings/" + secret); secret == "" || status != http.StatusOK {
		t.Errorf("the booked visit: got %d %s", status, body)
	}
	select {
	case <-letters.got: // over TLS, and no authority of the machine knows the server
	case <-time.After(longest):
		t.Error("no letter came")
	}
	c.say("backup", append(conf, "/data/copy")...)
	c.say("restore", append(conf, "--check", "/data/copy")...)
	c.say("verify", conf...)
	if err := service.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := service.Wait(); err != nil {
		t.Errorf("told to end, it ended with %v", err)
	}
	if got := c.files(); !slices.Equal(got, built) {
		t.Errorf("outside its volume: got %q, want %q", got, built)
	}
}

// assemble follows the Containerfile. What it does not know it refuses.
func assemble(t *testing.T, contents string) *container {
	t.Helper()
	c := &container{installation: &installation{T: t, folder: contents}, root: t.TempDir()}
	for line := range strings.Lines(read(t, samples+"Containerfile")) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch rest = strings.TrimPrefix(rest, "CMD "); word {
		case "", "#", "VOLUME", "EXPOSE":
		case "FROM", "STOPSIGNAL":
			if rest != "scratch" && rest != "SIGTERM" {
				t.Fatalf("this test knows no %s", line)
			}
		case "COPY":
			c.copy(strings.Fields(rest))
		case "USER":
			if _, err := fmt.Sscanf(rest, "%d:%d", &c.user, &c.user); err != nil || c.user == 0 {
				t.Fatalf("%s: %v", line, err)
			}
		case "WORKDIR":
			c.home = rest
		case "ENV":
			c.env = append(c.env, rest)
		case "HEALTHCHECK", "ENTRYPOINT", "CMD":
			list := map[string]*[]string{"HEALTHCHECK": &c.health, "ENTRYPOINT": &c.entry, "CMD": &c.cmd}[word]
			if err := json.Unmarshal([]byte(rest), list); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
		default:
			t.Fatalf("this test knows no %s", line)
		}
	}
	return c
}

// copy is the instruction of that name.
func (c *container) copy(words []string) {
	c.Helper()
	owner := 0
	if chown, ok := strings.CutPrefix(words[0], "--chown="); ok {
		if _, err := fmt.Sscanf(chown, "%d:%d", &owner, &owner); err != nil {
			c.Fatal(err)
		}
		words = words[1:]
	}
	from, to := filepath.Join(c.folder, words[0]), filepath.Join(c.root, words[1])
	info, err := os.Stat(from)
	if err != nil {
		c.Fatal(err)
	}
	if info.IsDir() {
		err = os.MkdirAll(to, 0o755)
	} else if err = os.MkdirAll(filepath.Dir(to), 0o755); err == nil {
		copyWith(c.T, from, to, info.Mode().Perm()|0o444)
	}
	if err != nil {
		c.Fatal(err)
	}
	if err := os.Chown(to, owner, owner); err != nil {
		c.Fatal(err)
	}
}

// configure puts the configuration where an engine would mount it: the manual itself, with
// what the Containerfile says of it.
func (c *container) configure(mailPort int) {
	c.Helper()
	c.address = freeAddress(c.T)
	folder := filepath.Join(c.root, "etc/terminvergabe")
	if err := os.Mkdir(folder, 0o755); err != nil {
		c.Fatal(err)
	}
	conf := fmt.Sprintf("base_url: http://%s\nlisten: %s\ndatabase: /data/terminvergabe.db\ndata_key_file: /data/data.key\nmail: {host: 127.0.0.1, port: %d, tls: tls}\n", c.address, c.address, mailPort)
	for name, text := range map[string]string{"config.yaml": conf, "town.yaml": busyTown} {
		write(c.T, filepath.Join(folder, name), text)
		if err := os.Chmod(filepath.Join(folder, name), 0o644); err != nil {
			c.Fatal(err)
		}
	}
}

// command is a program within the container, as its user.
func (c *container) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(c.Context(), args[0], args[1:]...)
	cmd.Dir, cmd.Env = c.home, append([]string{"PATH=/usr/bin"}, c.env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: c.root, Credential: &syscall.Credential{Uid: c.user, Gid: c.user}}
	return cmd
}

func (c *container) say(word string, args ...string) {
	c.Helper()
	if out, err := c.command(append(append(slices.Clone(c.entry), word), args...)...).CombinedOutput(); err != nil {
		c.Fatalf("%s: %v\n%s", word, err, out)
	}
}

// files is all there is outside the volume.
func (c *container) files() (list []string) {
	c.Helper()
	err := filepath.WalkDir(c.root, func(path string, d fs.DirEntry, err error) error {
		if path == c.root+c.home {
			return fs.SkipDir
		}
		list = append(list, strings.TrimPrefix(path, c.root))
		return err
	})
	if err != nil {
		c.Fatal(err)
	}
	return list
}

func copyWith(t *testing.T, from, to string, mode fs.FileMode) {
	t.Helper()
	write(t, to, read(t, from))
	if err := os.Chmod(to, mode); err != nil {
		t.Fatal(err)
	}
}

// ownAuthority is a certificate for this machine, and that of the authority that vouches
// for it, as PEM.
func ownAuthority(t *testing.T) (authority []byte, server tls.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: number.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		DNSNames: []string{"termine.example.org", "localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// postbox is a mail server that speaks TLS from the first byte.
type postbox struct {
	net.Listener
	got chan string
}

func mailServer(t *testing.T, certificate tls.Certificate) *postbox {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	b := &postbox{l, make(chan string, 10)}
	server := gosmtp.NewServer(gosmtp.BackendFunc(func(*gosmtp.Conn) (gosmtp.Session, error) { return b, nil }))
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	t.Cleanup(func() {
		_ = server.Close()
		<-served // it was closed, and says so
	})
	return b
}

func (b *postbox) Mail(string, *gosmtp.MailOptions) error { return nil }
func (b *postbox) Rcpt(string, *gosmtp.RcptOptions) error { return nil }
func (b *postbox) Reset()                                 {}
func (b *postbox) Logout() error                          { return nil }

func (b *postbox) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	b.got <- string(text)
	return err
}
