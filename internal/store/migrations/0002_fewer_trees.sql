-- Version 2: fewer trees for a booking to be written into. Hashes of secrets become
-- columns of their booking; what is only looked for while it is set is indexed only
-- then; claims are found by their key.

CREATE TABLE old_day AS SELECT * FROM day;
CREATE TABLE old_claim AS SELECT * FROM claim;
CREATE TABLE old_booking AS SELECT * FROM booking;
CREATE TABLE old_outbox AS SELECT * FROM outbox;
CREATE TABLE old_journal AS SELECT * FROM journal;
CREATE TABLE old_idempotency AS SELECT * FROM idempotency;
CREATE TABLE old_secret AS SELECT * FROM secret;
CREATE INDEX old_secret_booking ON old_secret (tenant, booking, purpose);
DROP TABLE day;
DROP TABLE claim;
DROP TABLE secret;
DROP TABLE booking;
DROP TABLE outbox;
DROP TABLE journal;
DROP TABLE idempotency;

CREATE TABLE day (
  pool    INTEGER NOT NULL,
  date    INTEGER NOT NULL,
  version BIGINT  NOT NULL,
  PRIMARY KEY (pool, date)
) WITHOUT ROWID;
INSERT INTO day (pool, date, version) SELECT pool, date, version FROM old_day;

CREATE TABLE booking (
  number     BIGINT PRIMARY KEY,
  tenant     TEXT    NOT NULL,
  id         TEXT    NOT NULL,
  reference  TEXT    NOT NULL,
  uid        TEXT    NOT NULL,
  status     TEXT    NOT NULL CHECK (status IN ('held', 'pending', 'confirmed', 'checked_in', 'served', 'no_show', 'cancelled', 'expired')),
  awaits     TEXT    NOT NULL CHECK (awaits IN ('', 'email', 'staff')),
  channel    TEXT    NOT NULL CHECK (channel IN ('public', 'staff')),
  calendar   TEXT    NOT NULL,
  pool       INTEGER NOT NULL,
  date       INTEGER NOT NULL,
  items      TEXT    NOT NULL,
  mode       TEXT    NOT NULL,
  starts     TEXT    NOT NULL,
  ends       TEXT    NOT NULL,
  from_tick  INTEGER NOT NULL,
  to_tick    INTEGER NOT NULL,
  tick       INTEGER NOT NULL,
  expires    TEXT    NOT NULL,
  cancel_by  TEXT    NOT NULL,
  language   TEXT    NOT NULL,
  notify     INTEGER NOT NULL CHECK (notify IN (0, 1)),
  sequence   INTEGER NOT NULL CHECK (sequence >= 0),
  version    INTEGER NOT NULL CHECK (version > 0),
  overbooked INTEGER NOT NULL CHECK (overbooked IN (0, 1)),
  stranded   INTEGER NOT NULL CHECK (stranded IN (0, 1)),
  created    TEXT    NOT NULL,
  changed    TEXT    NOT NULL,
  since      TEXT    NOT NULL,
  sealed     BYTEA,
  email_hash TEXT    NOT NULL,
  phone_hash TEXT    NOT NULL,
  hold_hash    TEXT NOT NULL,
  manage_hash  TEXT NOT NULL,
  confirm_hash TEXT NOT NULL,
  UNIQUE (tenant, id),
  FOREIGN KEY (tenant, calendar) REFERENCES calendar (tenant, id),
  CHECK (from_tick < to_tick),
  CHECK (starts < ends),
  CHECK ((status = 'pending') = (awaits <> ''))
);
INSERT INTO booking (tenant, id, number, reference, uid, status, awaits, channel, calendar, pool, date, items, mode, starts, ends, from_tick, to_tick, tick, expires, cancel_by, language, notify, sequence, version, overbooked, stranded, created, changed, since, sealed, email_hash, phone_hash,
  hold_hash, manage_hash, confirm_hash)
  SELECT b.tenant, b.id, b.number, b.reference, b.uid, b.status, b.awaits, b.channel, b.calendar, b.pool, b.date, b.items, b.mode, b.starts, b.ends, b.from_tick, b.to_tick, b.tick, b.expires, b.cancel_by, b.language, b.notify, b.sequence, b.version, b.overbooked, b.stranded, b.created, b.changed, b.since, b.sealed, b.email_hash, b.phone_hash,
  COALESCE((SELECT MAX(s.hash) FROM old_secret s WHERE s.tenant = b.tenant AND s.booking = b.id AND s.purpose = 'hold'), ''),
  COALESCE((SELECT MAX(s.hash) FROM old_secret s WHERE s.tenant = b.tenant AND s.booking = b.id AND s.purpose = 'manage'), ''),
  COALESCE((SELECT MAX(s.hash) FROM old_secret s WHERE s.tenant = b.tenant AND s.booking = b.id AND s.purpose = 'confirm'), '')
  FROM old_booking b;
CREATE UNIQUE INDEX booking_reference ON booking (tenant, reference);
CREATE INDEX booking_day ON booking (tenant, calendar, starts);
CREATE INDEX booking_start ON booking (tenant, starts);
CREATE INDEX booking_waiting ON booking (tenant, starts) WHERE awaits = 'staff';
CREATE INDEX booking_expires ON booking (status, expires) WHERE expires <> '';
CREATE INDEX booking_email ON booking (tenant, email_hash, starts) WHERE email_hash <> '';
CREATE INDEX booking_phone ON booking (tenant, phone_hash, starts) WHERE phone_hash <> '';
CREATE UNIQUE INDEX booking_hold ON booking (hold_hash) WHERE hold_hash <> '';
CREATE UNIQUE INDEX booking_manage ON booking (manage_hash) WHERE manage_hash <> '';
CREATE UNIQUE INDEX booking_confirm ON booking (confirm_hash) WHERE confirm_hash <> '';

CREATE TABLE claim (
  pool       INTEGER NOT NULL,
  tick       INTEGER NOT NULL,
  seat       INTEGER NOT NULL,
  booking    BIGINT  NOT NULL,
  public     INTEGER NOT NULL CHECK (public IN (0, 1)),
  overbooked INTEGER NOT NULL CHECK (overbooked IN (0, 1)),
  expires    BIGINT  NOT NULL,
  PRIMARY KEY (pool, tick, seat)
) WITHOUT ROWID;
INSERT INTO claim (pool, tick, seat, booking, public, overbooked, expires)
  SELECT pool, tick, seat, booking, public, overbooked, expires FROM old_claim;

CREATE TABLE outbox (
  tenant     TEXT    NOT NULL,
  subject    TEXT    NOT NULL,
  kind       TEXT    NOT NULL,
  version    INTEGER NOT NULL,
  message_id TEXT    NOT NULL,
  state      TEXT    NOT NULL CHECK (state IN ('queued', 'sent', 'dropped', 'failed')),
  due        TEXT    NOT NULL,
  lease      TEXT    NOT NULL,
  attempts   INTEGER NOT NULL,
  reason     TEXT    NOT NULL,
  created    TEXT    NOT NULL,
  done       TEXT    NOT NULL,
  PRIMARY KEY (tenant, subject, kind, version)
) WITHOUT ROWID;
INSERT INTO outbox (tenant, subject, kind, version, message_id, state, due, lease, attempts, reason, created, done)
  SELECT tenant, subject, kind, version, message_id, state, due, lease, attempts, reason, created, done FROM old_outbox;
CREATE INDEX outbox_due ON outbox (due) WHERE state = 'queued';
CREATE INDEX outbox_lists ON outbox (done) WHERE kind = 'daily-list';

CREATE TABLE journal (
  tenant  TEXT NOT NULL,
  id      TEXT NOT NULL,
  at      TEXT NOT NULL,
  act     TEXT NOT NULL,
  subject TEXT NOT NULL,
  actor   TEXT NOT NULL,
  detail  TEXT NOT NULL,
  PRIMARY KEY (tenant, subject, id)
) WITHOUT ROWID;
INSERT INTO journal (tenant, id, at, act, subject, actor, detail)
  SELECT tenant, id, at, act, subject, actor, detail FROM old_journal;
CREATE INDEX journal_time ON journal (tenant, id);

CREATE TABLE idempotency (
  tenant  TEXT NOT NULL,
  path    TEXT NOT NULL,
  key     TEXT NOT NULL,
  request TEXT NOT NULL,
  booking TEXT NOT NULL,
  status  TEXT NOT NULL,
  starts  TEXT NOT NULL,
  ends    TEXT NOT NULL,
  created TEXT NOT NULL,
  PRIMARY KEY (path, key, tenant)
) WITHOUT ROWID;
INSERT INTO idempotency (tenant, path, key, request, booking, status, starts, ends, created)
  SELECT tenant, path, key, request, booking, status, starts, ends, created FROM old_idempotency;
CREATE INDEX idempotency_booking ON idempotency (booking);
CREATE INDEX idempotency_created ON idempotency (created);

DROP TABLE old_day;
DROP TABLE old_claim;
DROP TABLE old_secret;
DROP TABLE old_booking;
DROP TABLE old_outbox;
DROP TABLE old_journal;
DROP TABLE old_idempotency;
