package mail

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"terminvergabe/internal/tooltest"
)

// signer has a new key of the kind and signs for example.org.
func signer(t *testing.T, kind string) *DKIM {
	t.Helper()
	key, err := MakeDKIMKey(kind)
	if err != nil {
		t.Fatal(err)
	}
	d, err := NewDKIM("example.org", "termine", key)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// verdict is what Debian's dkimpy, which shares no code with ours, finds in a message.
type verdict struct {
	Name    string
	OK      bool
	Why     string
	Domain  string
	Headers []string
}

// verify asks dkimpy about messages, with the records as their DNS.
func verify(t *testing.T, messages map[string][]byte, records map[string]string) map[string]verdict {
	t.Helper()
	python := tooltest.Need(t, tooltest.Python, "-c", "import dkim, nacl")
	dir := t.TempDir()
	for name, raw := range messages {
		if err := os.WriteFile(filepath.Join(dir, name+".eml"), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	dns, err := json.Marshal(records)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), python, "testdata/verify_dkim.py", dir)
	command.Stdin = bytes.NewReader(dns)
	var errs strings.Builder
	command.Stderr = &errs
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, errs.String())
	}
	var list []verdict
	if err := json.Unmarshal(out, &list); err != nil {
		t.Fatal(err)
	}
	got := map[string]verdict{}
	for _, v := range list {
		got[v.Name] = v
	}
	return got
}

// TestSignaturesVerify signs every letter of the lint, in all languages, and lets an
// independent library verify what arrives; forged ones it must refuse.
func TestSignaturesVerify(t *testing.T) {
	letters := everyLetter(t)
	for _, kind := range []string{"rsa", "ed25519"} {
		t.Run(kind, func(t *testing.T) {
			d := signer(t, kind)
			messages, last := map[string][]byte{}, []byte(nil)
			for _, l := range letters {
				out, err := d.Sign(&Outgoing{Raw: l.raw})
				if err != nil {
					t.Fatalf("%s: %v", l.Name, err)
				}
				if !bytes.HasPrefix(out.Raw, []byte("DKIM-Signature: ")) || !bytes.HasSuffix(out.Raw, l.raw) {
					t.Fatalf("%s: the letter is not as it was: %.300s", l.Name, out.Raw)
				}
				messages[l.Name], last = out.Raw, out.Raw
			}
			forged := map[string][]byte{
				"forged.subject":  bytes.Replace(last, []byte("\r\nSubject: "), []byte("\r\nSubject: Gebühr fällig\r\nX-Was: "), 1),
				"forged.second":   append([]byte("Subject: Geld\r\n"), last...),
				"forged.from":     append([]byte("From: boss@example.org\r\n"), last...),
				"forged.reply-to": append([]byte("Reply-To: thief@example.net\r\n"), last...),
				"forged.copy":     append([]byte("Cc: thief@example.net\r\n"), last...),
				"forged.body":     append(bytes.Clone(last), "more\r\n"...),
			}
			for name, raw := range forged {
				messages[name] = raw
			}
			messages["relayed"] = append([]byte("Received: from a by b; Mon, 6 Jul 2026 08:30:00 +0200\r\nX-Spam: no\r\n"), last...)
			name, value := d.Record()
			got := verify(t, messages, map[string]string{name + ".": value})
			if len(got) != len(messages) {
				t.Fatalf("got %d verdicts on %d messages", len(got), len(messages))
			}
			for name, v := range got {
				if want := forged[name] == nil; v.OK != want {
					t.Errorf("%s: got %t (%s), want %t", name, v.OK, v.Why, want)
				}
			}
		})
	}
}

// TestSignedOnEveryWay: by a mail server and into a folder alike, and never another key's.
func TestSignedOnEveryWay(t *testing.T) {
	d, other := signer(t, "rsa"), signer(t, "rsa")
	out, err := templates(t).Compose(testLetter(everyCatalogue(t).Printer("ar"), Confirmed))
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, &server{tls: "none"})
	smtp, err := NewSMTP(s.settings)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	folder, err := NewDirectory(dir)
	if err != nil {
		t.Fatal(err)
	}
	before := bytes.Clone(out.Raw)
	for _, to := range []Transport{smtp, folder} {
		if _, err := (Signed{By: d, To: to}).Send(t.Context(), out); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(out.Raw, before) {
		t.Error("the letter itself was changed: a second attempt would sign it twice")
	}
	filed, err := os.ReadFile(filepath.Join(dir, fileName(out.ID)))
	if err != nil {
		t.Fatal(err)
	}
	messages := map[string][]byte{"smtp": s.letters()[0].raw, "folder": filed}
	name, value := d.Record()
	for _, v := range verify(t, messages, map[string]string{name + ".": value}) {
		if !v.OK || v.Domain != "example.org" {
			t.Errorf("got %+v", v)
		}
		for _, want := range []string{"from", "to", "subject", "date", "message-id", "mime-version", "content-type", "auto-submitted", "reply-to", "content-language"} {
			if !strings.Contains(strings.Join(v.Headers, " ")+" ", want+" ") {
				t.Errorf("%s is not signed: %v", want, v.Headers)
			}
		}
	}
	_, value = other.Record()
	for _, v := range verify(t, messages, map[string]string{name + ".": value}) {
		if v.OK {
			t.Errorf("%s: verified by a key that has not signed it", v.Name)
		}
	}
}

func TestDKIMKeysRefused(t *testing.T) {
	asPEM := func(key any) []byte {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	}
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for want, key := range map[string][]byte{
		"1024 bits": asPEM(short), "neither RSA nor Ed25519": asPEM(curve), "PEM form": []byte("c4nary"),
		"cannot be read": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("c4nary")}),
	} {
		if _, err := NewDKIM("example.org", "s", key); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "c4nary") {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	long, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	old := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(long)})
	if _, err := NewDKIM("example.org", "s", old); err != nil {
		t.Errorf("PKCS #1: got %v", err)
	}
}
