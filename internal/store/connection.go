package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// connection is one connection to an SQLite file, with its statements kept ready by
// their text. One goroutine at a time uses it. It stands on the driver itself:
// through database/sql a booking costs half as much again.
type connection struct {
	on     driver.Conn
	ready  map[string]*statement
	values []driver.NamedValue // reused; the driver copies what it binds
}

// readyStatements bounds how many statements a connection keeps: all that the store
// has, and some whose text depends on what is asked.
const readyStatements = 200

type statement struct {
	driver.Stmt
	wants       []int // which argument each parameter takes
	kept, inUse bool
}

func connectFile(dsn string) (*connection, error) {
	on, err := (&sqlite.Driver{}).Open(dsn)
	if err != nil {
		return nil, err
	}
	return &connection{on: on, ready: map[string]*statement{}}, nil
}

func (c *connection) close() error {
	var errs []error
	for _, s := range c.ready {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, c.on.Close())...)
}

// reads reports whether a statement only reads.
func reads(query string) bool { return strings.HasPrefix(query, "SELECT ") }

// counts reports whether SQLite says of a statement how many rows it has changed.
func counts(query string) bool {
	return strings.HasPrefix(query, "INSERT ") || strings.HasPrefix(query, "UPDATE ") || strings.HasPrefix(query, "DELETE ")
}

// keeps reports whether a statement is worth keeping: those that run once are not.
func keeps(query string) bool {
	word, _, _ := strings.Cut(query, " ")
	return query == dataVersion || !slices.Contains([]string{"CREATE", "ALTER", "DROP", "PRAGMA", "VACUUM"}, word)
}

// prepare gives a statement that nobody is using: rows of the same text may be open.
func (c *connection) prepare(query string) (*statement, error) {
	s := c.ready[query]
	if s != nil && !s.inUse {
		s.inUse = true
		return s, nil
	}
	// SQLite would look at the values that a column is compared with, and in some
	// queries prepare them again for each execution (CountLetters: 227 instead of 2 us).
	// It does not look behind a plus, which changes nothing else.
	text, wants := positional(strings.ReplaceAll(query, "= $", "= +$"))
	on, err := c.on.Prepare(text)
	if err != nil {
		return nil, err
	}
	fresh := &statement{Stmt: on, wants: wants, inUse: true}
	if s == nil && keeps(query) {
		c.makeRoom()
		fresh.kept = true
		c.ready[query] = fresh
	}
	return fresh, nil
}

// positional gives a query without the names of its parameters, $1 and so on, and which
// of them stands where: the driver looks up each name for each execution, in a list.
func positional(query string) (text string, wants []int) {
	var b strings.Builder
	quoted := false
	for i := 0; i < len(query); i++ {
		end := i + 1
		for !quoted && query[i] == '$' && end < len(query) && '0' <= query[end] && query[end] <= '9' {
			end++
		}
		if end == i+1 {
			quoted = quoted != (query[i] == '\'')
			b.WriteByte(query[i])
			continue
		}
		n, _ := strconv.Atoi(query[i+1 : end]) // they are digits
		b.WriteByte('?')
		wants = append(wants, n-1)
		i = end - 1
	}
	return b.String(), wants
}

func (c *connection) makeRoom() {
	for query, s := range c.ready {
		if len(c.ready) < readyStatements {
			return
		}
		if !s.inUse {
			delete(c.ready, query)
			_ = s.Close() // it gave its last result long ago
		}
	}
}

func (s *statement) giveBack() error {
	s.inUse = false
	if s.kept {
		return nil
	}
	return s.Close()
}

func (c *connection) bind(s *statement, args []any) ([]driver.NamedValue, error) {
	c.values = c.values[:0]
	for i, n := range s.wants {
		if n < 0 || n >= len(args) {
			return nil, fmt.Errorf("argument %d: there are %d", n+1, len(args))
		}
		a := args[n]
		switch v := a.(type) {
		case string, int64, []byte:
		case int:
			a = int64(v)
		default:
			var err error
			if a, err = driver.DefaultParameterConverter.ConvertValue(a); err != nil {
				return nil, fmt.Errorf("argument %d: %w", n+1, err)
			}
		}
		c.values = append(c.values, driver.NamedValue{Ordinal: i + 1, Value: a})
	}
	return c.values, nil
}

// exec runs a statement and gives how many rows it changed. A context that can end
// costs a goroutine for each statement.
func (c *connection) exec(ctx context.Context, query string, args []any) (n int64, err error) {
	s, err := c.prepare(query)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.giveBack()) }()
	values, err := c.bind(s, args)
	if err != nil {
		return 0, err
	}
	r, err := s.Stmt.(driver.StmtExecContext).ExecContext(ctx, values)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

func (c *connection) query(ctx context.Context, query string, args []any) (*fileRows, error) {
	s, err := c.prepare(query)
	if err != nil {
		return nil, err
	}
	values, err := c.bind(s, args)
	if err != nil {
		return nil, errors.Join(err, s.giveBack())
	}
	on, err := s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, values)
	if err != nil {
		return nil, errors.Join(err, s.giveBack())
	}
	return &fileRows{on: on, from: s, values: make([]driver.Value, len(on.Columns()))}, nil
}

// fileRows are rows of an SQLite file.
type fileRows struct {
	on     driver.Rows
	from   *statement
	values []driver.Value
	err    error
	closed bool
	ctx    context.Context   // ends them between two rows; nil: never
	seen   func(error) error // is shown an error that ends the rows; nil: nobody looks
}

func (r *fileRows) Next() bool {
	if r.closed || r.err != nil {
		return false
	}
	if r.ctx != nil && r.ctx.Err() != nil {
		r.err = r.ctx.Err()
		return false
	}
	err := r.on.Next(r.values)
	if err == nil {
		return true
	}
	if !errors.Is(err, io.EOF) {
		if r.seen != nil {
			err = r.seen(err)
		}
		r.err = err
	}
	return false
}

func (r *fileRows) Err() error { return r.err }

func (r *fileRows) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	return errors.Join(r.on.Close(), r.from.giveBack())
}

// Scan reads the row into pointers: to a text, a number, bytes, any, or to a type of
// these kinds; or into what scans by itself.
func (r *fileRows) Scan(into ...any) error {
	if len(into) != len(r.values) {
		return fmt.Errorf("%d columns into %d places", len(r.values), len(into))
	}
	for i, p := range into {
		if err := scanInto(p, r.values[i]); err != nil {
			return fmt.Errorf("column %d: %w", i+1, err)
		}
	}
	return nil
}

func scanInto(p, v any) error {
	switch p := p.(type) {
	case *string:
		if s, ok := v.(string); ok {
			*p = s
			return nil
		}
	case *int:
		if n, ok := v.(int64); ok {
			*p = int(n)
			return nil
		}
	case *int64:
		if n, ok := v.(int64); ok {
			*p = n
			return nil
		}
	case *[]byte:
		switch v := v.(type) {
		case nil:
			*p = nil
			return nil
		case []byte:
			*p = v
			return nil
		case string:
			*p = []byte(v)
			return nil
		}
	case *any:
		*p = v
		return nil
	case sql.Scanner:
		return p.Scan(v)
	}
	return scanKind(reflect.ValueOf(p), v)
}

// scanKind reads into what has a name of its own, such as an agenda.Status.
func scanKind(p reflect.Value, v any) error {
	if p.Kind() != reflect.Pointer || p.IsNil() {
		return fmt.Errorf("into %v: expected a pointer", p.Kind())
	}
	into := p.Elem()
	switch v := v.(type) {
	case string:
		if into.Kind() == reflect.String {
			into.SetString(v)
			return nil
		}
	case []byte:
		if into.Kind() == reflect.String {
			into.SetString(string(v))
			return nil
		}
	case int64:
		if into.CanInt() && !into.OverflowInt(v) {
			into.SetInt(v)
			return nil
		}
	}
	return fmt.Errorf("%T into %s", v, into.Type())
}

// code is the primary result code of an SQLite error; ok is false for all others.
func code(err error) (code int, ok bool) {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return 0, false
	}
	return e.Code() & 0xff, true
}

func busy(err error) bool {
	c, ok := code(err)
	return ok && c == sqlite3.SQLITE_BUSY
}

// ends reports an error after which a transaction is over or not to be trusted: the
// disk is full, does not answer or answers wrongly. What is wrong with one statement
// only is none of these.
func ends(err error) bool {
	c, ok := code(err)
	return ok && !slices.Contains([]int{sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_RANGE, sqlite3.SQLITE_MISUSE, sqlite3.SQLITE_LOCKED}, c)
}
