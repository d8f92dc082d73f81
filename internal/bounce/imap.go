package bounce

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// IMAP is a mailbox on a mail server.
type IMAP struct {
	Host               string
	Port               int
	TLS                string // none, starttls (also "") or tls
	Username, Password string
	Mailbox            string         // "": INBOX
	Delete             bool           // what is done with is deleted; else it is marked as read
	Roots              *x509.CertPool // nil: the system's

	mu    sync.Mutex
	stuck map[imap.UID]int // how often a message could not be fetched
}

// patience is how often a message is tried that cannot be fetched, before the others get
// their turn.
const patience = 3

// visit is how long one look into the mailbox may take.
const visit = 50 * time.Second

// Name implements Source.
func (m *IMAP) Name() string {
	return fmt.Sprintf("imap %s:%d %s", m.Host, m.Port, cmp.Or(m.Mailbox, "INBOX"))
}

// Each implements Source. It errs without the server's words, which may hold addresses.
func (m *IMAP) Each(ctx context.Context, since Mark, take func(raw []byte) (bool, error)) (Mark, error) {
	ctx, cancel := context.WithTimeout(ctx, visit)
	defer cancel()
	c, err := m.connect(ctx)
	if err != nil {
		return since, m.failed("connect", err)
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	if err := c.Login(m.Username, m.Password).Wait(); err != nil {
		return since, m.failed("log in", err)
	}
	box, err := c.Select(cmp.Or(m.Mailbox, "INBOX"), nil).Wait()
	if err != nil {
		return since, m.failed("open the mailbox", err)
	}
	if box.UIDValidity != since.Validity {
		since = Mark{Validity: box.UIDValidity}
	}
	if uint32(box.UIDNext) <= since.UID+1 && box.UIDNext != 0 {
		return since, m.failed("log out", c.Logout().Wait())
	}
	uids, err := m.fresh(c, since)
	if err != nil {
		return since, m.failed("search", err)
	}
	for _, uid := range uids {
		if err := m.one(c, uid, take); err != nil {
			return since, err
		}
		since.UID = uint32(uid)
	}
	return since, m.failed("log out", c.Logout().Wait())
}

func (m *IMAP) connect(ctx context.Context) (*imapclient.Client, error) {
	secure := &tls.Config{ServerName: m.Host, MinVersion: tls.VersionTLS12, RootCAs: m.Roots}
	conn, err := (&net.Dialer{Timeout: 20 * time.Second}).DialContext(ctx, "tcp", net.JoinHostPort(m.Host, strconv.Itoa(m.Port)))
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() }) // a server that never greets
	defer stop()
	switch m.TLS {
	case "none":
		c := imapclient.New(conn, nil)
		return c, c.WaitGreeting()
	case "tls":
		inner := tls.Client(conn, secure)
		if err := inner.HandshakeContext(ctx); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
		c := imapclient.New(inner, nil)
		return c, c.WaitGreeting()
	}
	return imapclient.NewStartTLS(conn, &imapclient.Options{TLSConfig: secure})
}

// fresh lists what came after the mark, the oldest first. "5:*" names the last message
// also where nothing came after it.
func (m *IMAP) fresh(c *imapclient.Client, since Mark) (uids []imap.UID, err error) {
	var after imap.UIDSet
	after.AddRange(imap.UID(since.UID+1), 0)
	found, err := c.UIDSearch(&imap.SearchCriteria{UID: []imap.UIDSet{after}, NotFlag: []imap.Flag{imap.FlagDeleted}}, nil).Wait()
	if err != nil {
		return nil, err
	}
	for _, uid := range found.AllUIDs() {
		if uint32(uid) > since.UID && len(uids) < most {
			uids = append(uids, uid)
		}
	}
	return uids, nil
}

// one reads a message without marking it as read.
func (m *IMAP) one(c *imapclient.Client, uid imap.UID, take func([]byte) (bool, error)) error {
	section := &imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Size: MaxSize}}
	list, err := c.Fetch(imap.UIDSetNum(uid), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}}).Collect()
	if err != nil {
		if m.count(uid) >= patience {
			return nil
		}
		return m.failed("fetch", err)
	}
	for _, message := range list {
		if message.UID != uid || len(message.BodySection) == 0 {
			continue // somebody else deleted it meanwhile
		}
		done, err := take(message.BodySection[0].Bytes)
		if err != nil {
			return err
		}
		if done {
			return m.failed("mark", m.settle(c, uid))
		}
	}
	return nil
}

func (m *IMAP) count(uid imap.UID) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.stuck == nil {
		m.stuck = map[imap.UID]int{}
	}
	m.stuck[uid]++
	return m.stuck[uid]
}

// settle deletes a message or marks it as read. What somebody else has marked for deletion
// is left alone: without UIDPLUS ours waits for it as well.
func (m *IMAP) settle(c *imapclient.Client, uid imap.UID) error {
	flag := imap.FlagSeen
	if m.Delete {
		flag = imap.FlagDeleted
	}
	err := c.Store(imap.UIDSetNum(uid), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{flag}}, nil).Close()
	if err != nil || !m.Delete || !c.Caps().Has(imap.CapUIDPlus) {
		return err
	}
	return c.UIDExpunge(imap.UIDSetNum(uid)).Close()
}

// failed names the step, and what kind of error it was.
func (m *IMAP) failed(step string, err error) error {
	if err == nil {
		return nil
	}
	kind := FaultConnection
	var refused *imap.Error
	var certificate *tls.CertificateVerificationError
	var network net.Error
	switch {
	case errors.As(err, &refused):
		kind = FaultRefused
	case errors.As(err, &certificate):
		kind = FaultCertificate
	case errors.As(err, &network) && network.Timeout():
		kind = FaultTimeout
	}
	return &trouble{m.Name(), step, kind}
}
