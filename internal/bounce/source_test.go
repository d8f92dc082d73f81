package bounce

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

// mailServer is a real IMAP server in this process, with one mailbox.
func mailServer(t *testing.T, caps imap.CapSet) (*IMAP, *imapmemserver.User) {
	t.Helper()
	user := imapmemserver.NewUser("rueckmeldung", "geheim")
	if err := user.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	memory := imapmemserver.New()
	memory.AddUser(user)
	server := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return memory.NewSession(), nil, nil
		},
		InsecureAuth: true, Caps: caps, Logger: log.New(io.Discard, "", 0),
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	port := listener.Addr().(*net.TCPAddr).Port
	return &IMAP{Host: "127.0.0.1", Port: port, TLS: "none", Username: "rueckmeldung", Password: "geheim"}, user
}

// arrive puts messages into the mailbox.
func arrive(t *testing.T, m *IMAP, texts ...string) {
	t.Helper()
	asVisitor(t, m, func(c *imapclient.Client) error {
		for _, text := range texts {
			raw := crlf(text)
			cmd := c.Append("INBOX", int64(len(raw)), nil)
			_, err := cmd.Write(raw)
			if err := errors.Join(err, cmd.Close()); err != nil {
				return err
			}
			if _, err := cmd.Wait(); err != nil {
				return err
			}
		}
		return nil
	})
}

func asVisitor(t *testing.T, m *IMAP, do func(*imapclient.Client) error) {
	t.Helper()
	c, err := imapclient.DialInsecure(fmt.Sprintf("%s:%d", m.Host, m.Port), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	err = c.Login(m.Username, m.Password).Wait()
	if err == nil {
		_, err = c.Select("INBOX", nil).Wait()
	}
	if err == nil {
		err = do(c)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// seen lists the flags of what is in the mailbox.
func seen(t *testing.T, m *IMAP) (flags []string) {
	t.Helper()
	asVisitor(t, m, func(c *imapclient.Client) error {
		list, err := c.Fetch(imap.SeqSet{imap.SeqRange{Start: 1}}, &imap.FetchOptions{Flags: true}).Collect()
		for _, x := range list {
			flags = append(flags, fmt.Sprint(x.Flags))
		}
		return err
	})
	return flags
}

const human = "From: Ada <ada@beispiel.example>\nSubject: Frage\n\nWann haben Sie auf?\n"

func TestIMAP(t *testing.T) {
	for _, c := range []struct {
		delete bool
		caps   imap.CapSet
		want   []string // what is left
	}{
		{false, nil, []string{"[\\Seen]", "[]", "[\\Seen]"}},
		{true, imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapUIDPlus: {}}, []string{"[]"}},
		{true, nil, []string{"[\\Deleted]", "[]", "[\\Deleted]"}}, // nobody else's are expunged with ours
	} {
		m, _ := mailServer(t, c.caps)
		m.Delete = c.delete
		arrive(t, m, postfix, human, google)
		var kinds []Kind
		take := func(raw []byte) (bool, error) {
			r := Read(raw, sender)
			kinds = append(kinds, r.Kind)
			return r.Kind != Person, nil
		}
		mark, err := m.Each(t.Context(), Mark{}, take)
		if err != nil || mark.Validity == 0 || mark.UID == 0 || !slices.Equal(kinds, []Kind{Failed, Person, Delayed}) {
			t.Fatalf("first look: got %v, %+v, %v", kinds, mark, err)
		}
		if got := seen(t, m); !slices.Equal(got, c.want) {
			t.Errorf("delete %t: got %v in the mailbox, want %v", c.delete, got, c.want)
		}
		kinds = nil
		if again, err := m.Each(t.Context(), mark, take); err != nil || again != mark || kinds != nil {
			t.Errorf("second look: got %v, %+v, %v; a person's mail is looked at once", kinds, again, err)
		}
		arrive(t, m, exim)
		if _, err := m.Each(t.Context(), mark, take); err != nil || !slices.Equal(kinds, []Kind{Failed}) {
			t.Errorf("third look: got %v, %v", kinds, err)
		}
		kinds = nil
		if _, err := m.Each(t.Context(), Mark{Validity: mark.Validity + 1, UID: 99}, take); err != nil || !slices.Contains(kinds, Person) {
			t.Errorf("another validity: got %v, %v, want all read again", kinds, err)
		}
	}
}

// What cannot be dealt with is read again; errors tell nothing that a server said.
func TestIMAPFailures(t *testing.T) {
	m, _ := mailServer(t, nil)
	arrive(t, m, postfix, human)
	broken := errors.New("no database")
	mark, err := m.Each(t.Context(), Mark{}, func(raw []byte) (bool, error) {
		if strings.Contains(string(raw), "Frage") {
			return false, broken
		}
		return true, nil
	})
	if !errors.Is(err, broken) {
		t.Fatal(err)
	}
	n := 0
	if _, err := m.Each(t.Context(), mark, func([]byte) (bool, error) { n++; return false, nil }); err != nil || n != 1 {
		t.Errorf("got %d messages, %v, want the one that was left", n, err)
	}
	wrong := &IMAP{Host: m.Host, Port: m.Port, TLS: "none", Username: "ada@beispiel.example", Password: "falsch"}
	if _, err := wrong.Each(t.Context(), Mark{}, nil); err == nil || !strings.Contains(err.Error(), "log in") || strings.Contains(err.Error(), "ada") {
		t.Errorf("wrong password: got %v", err)
	}
	plain := &IMAP{Host: m.Host, Port: m.Port, TLS: "starttls", Username: m.Username, Password: m.Password}
	if _, err := plain.Each(t.Context(), Mark{}, nil); err == nil {
		t.Error("a server without STARTTLS was told the password")
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Each(over, Mark{}, nil); err == nil {
		t.Error("no error although the time is over")
	}
}

func TestFolder(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), crlf(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var kinds []Kind
	take := func(raw []byte) (bool, error) {
		r := Read(raw, sender)
		kinds = append(kinds, r.Kind)
		return r.Kind != Person, nil
	}
	write("1.eml", postfix)
	write("2.eml", human)
	write(".3.eml", exim)
	write("4.tmp", exim)
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "5.eml")); err != nil {
		t.Fatal(err)
	}
	f := &Folder{Path: dir}
	for range 2 {
		if _, err := f.Each(t.Context(), Mark{}, take); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(kinds, []Kind{Failed, Person}) {
		t.Errorf("got %v, want the report and the mail once each", kinds)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*.eml"))
	if err != nil || len(left) != 3 {
		t.Errorf("got %v, %v, want the mail, the link and what was not there yet left", left, err)
	}
	if _, err := (&Folder{Path: dir + "/missing"}).Each(t.Context(), Mark{}, take); err == nil {
		t.Error("no error without the folder")
	}
}

func TestMaildir(t *testing.T) {
	dir := t.TempDir()
	for _, sub := range []string{"new", "cur", "tmp"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{"1.a": postfix, "2.a": human} {
		if err := os.WriteFile(filepath.Join(dir, "new", name), crlf(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f := &Folder{Path: dir}
	if _, err := f.Each(t.Context(), Mark{}, func(raw []byte) (bool, error) { return Read(raw, sender).Kind == Failed, nil }); err != nil {
		t.Fatal(err)
	}
	got, err := filepath.Glob(filepath.Join(dir, "*", "*.a*"))
	if want := []string{filepath.Join(dir, "cur", "1.a:2,S"), filepath.Join(dir, "new", "2.a")}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

// One message that could not be put away stood before all others, and was taken again at
// each look.
func TestAMessageThatStaysStopsNoOther(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "new"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"cur": "no folder", "new/1.a": postfix, "new/2.a": exim} {
		if err := os.WriteFile(filepath.Join(dir, name), crlf(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f, taken := &Folder{Path: dir}, 0
	for look := range 2 {
		_, err := f.Each(t.Context(), Mark{}, func([]byte) (bool, error) { taken++; return true, nil })
		if (err != nil) != (look == 0) {
			t.Errorf("look %d: got %v", look, err)
		}
	}
	if taken != 2 {
		t.Errorf("took %d messages, want both, once", taken)
	}
}
