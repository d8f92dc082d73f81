-- The newest schema of Terminvergabe, the same text for SQLite and PostgreSQL.
-- Instants are UTC text of fixed width (2026-07-01T07:00:00Z), dates are days
-- since 1970-01-01, flags are 0 and 1. A spec column holds an entity of the tenant
-- file as JSON; what keys and queries need stands beside it in columns.
--
-- Two words are put right for the engine that runs them: WITHOUT ROWID, which makes
-- the key of a table its only tree, means nothing to PostgreSQL and goes there;
-- BIGINT PRIMARY KEY is INTEGER PRIMARY KEY to SQLite, which makes it that tree.
--
-- Every index costs every booking, so each is here for a query that would else read
-- more the longer the book is kept, and holds no row that this query does not want.

CREATE TABLE meta (
  name  TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
);

-- Set-up: the tenant file. retired = 1: no longer offered, kept for its bookings.

CREATE TABLE tenant (
  id       TEXT    NOT NULL PRIMARY KEY,
  revision INTEGER NOT NULL CHECK (revision > 0),
  changed  TEXT    NOT NULL,
  spec     TEXT    NOT NULL   -- tenant, legal, brand, mail, retention, closures
);

CREATE TABLE department (
  tenant   TEXT    NOT NULL REFERENCES tenant (id),
  id       TEXT    NOT NULL,
  position INTEGER NOT NULL,
  retired  INTEGER NOT NULL CHECK (retired IN (0, 1)),
  spec     TEXT    NOT NULL,  -- with its closures
  PRIMARY KEY (tenant, id)
);

CREATE TABLE site (
  tenant   TEXT    NOT NULL REFERENCES tenant (id),
  id       TEXT    NOT NULL,
  position INTEGER NOT NULL,
  retired  INTEGER NOT NULL CHECK (retired IN (0, 1)),
  spec     TEXT    NOT NULL,  -- with its closures
  PRIMARY KEY (tenant, id)
);

CREATE TABLE service (
  tenant   TEXT    NOT NULL REFERENCES tenant (id),
  id       TEXT    NOT NULL,
  position INTEGER NOT NULL,
  retired  INTEGER NOT NULL CHECK (retired IN (0, 1)),
  minutes  INTEGER NOT NULL CHECK (minutes > 0),
  spec     TEXT    NOT NULL,  -- with combinations, questions, checklist, modes
  PRIMARY KEY (tenant, id)
);

-- A pool's number is unique in the installation and implies the tenant, so that
-- claims need no text keys.
CREATE TABLE pool (
  number       INTEGER NOT NULL PRIMARY KEY,
  tenant       TEXT    NOT NULL REFERENCES tenant (id),
  id           TEXT    NOT NULL,
  tick_minutes INTEGER NOT NULL CHECK (tick_minutes BETWEEN 1 AND 60),
  UNIQUE (tenant, id)
);

CREATE TABLE calendar (
  tenant     TEXT    NOT NULL REFERENCES tenant (id),
  id         TEXT    NOT NULL,
  position   INTEGER NOT NULL,
  retired    INTEGER NOT NULL CHECK (retired IN (0, 1)),
  department TEXT    NOT NULL,
  site       TEXT    NOT NULL,
  pool       INTEGER NOT NULL REFERENCES pool (number),
  spec       TEXT    NOT NULL,  -- with contact rules, reminders, staff mail, closures
  PRIMARY KEY (tenant, id),
  FOREIGN KEY (tenant, department) REFERENCES department (tenant, id),
  FOREIGN KEY (tenant, site) REFERENCES site (tenant, id)
);

CREATE TABLE offer (
  tenant   TEXT    NOT NULL,
  calendar TEXT    NOT NULL,
  service  TEXT    NOT NULL,
  position INTEGER NOT NULL,
  minutes  INTEGER NOT NULL CHECK (minutes >= 0),  -- 0: the service's own
  PRIMARY KEY (tenant, calendar, service),
  FOREIGN KEY (tenant, calendar) REFERENCES calendar (tenant, id),
  FOREIGN KEY (tenant, service) REFERENCES service (tenant, id)
);

CREATE TABLE slot_template (
  tenant   TEXT    NOT NULL,
  calendar TEXT    NOT NULL,
  id       TEXT    NOT NULL,
  position INTEGER NOT NULL,
  spec     TEXT    NOT NULL,
  PRIMARY KEY (tenant, calendar, id),
  FOREIGN KEY (tenant, calendar) REFERENCES calendar (tenant, id)
);

-- The book.

-- One row is lock, cache version and ETag of a pool's day: every act upserts it
-- before it reads.
CREATE TABLE day (
  pool    INTEGER NOT NULL,
  date    INTEGER NOT NULL,
  version BIGINT  NOT NULL,
  PRIMARY KEY (pool, date)
) WITHOUT ROWID;

CREATE TABLE booking (
  number     BIGINT PRIMARY KEY,  -- grows with time; below zero: no visit, but seats that wait to be offered again
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
  expires    TEXT    NOT NULL,  -- '' never
  cancel_by  TEXT    NOT NULL,
  language   TEXT    NOT NULL,
  notify     INTEGER NOT NULL CHECK (notify IN (0, 1)),
  sequence   INTEGER NOT NULL CHECK (sequence >= 0),
  version    INTEGER NOT NULL CHECK (version > 0),
  overbooked INTEGER NOT NULL CHECK (overbooked IN (0, 1)),
  stranded   INTEGER NOT NULL CHECK (stranded IN (0, 1)),
  created    TEXT    NOT NULL,
  changed    TEXT    NOT NULL,
  since      TEXT    NOT NULL,  -- when its time became certain; '' not yet
  sealed     BYTEA,
  email_hash TEXT    NOT NULL,
  phone_hash TEXT    NOT NULL,
  hold_hash    TEXT NOT NULL,  -- of the secrets of links; the secrets are sealed. '' none
  manage_hash  TEXT NOT NULL,
  confirm_hash TEXT NOT NULL,
  coming TEXT NOT NULL DEFAULT '',  -- when the visitor said that they come at this time; '' not
  UNIQUE (tenant, id),
  FOREIGN KEY (tenant, calendar) REFERENCES calendar (tenant, id),
  CHECK (from_tick < to_tick),
  CHECK (starts < ends),
  CHECK ((status = 'pending') = (awaits <> ''))
);
CREATE UNIQUE INDEX booking_reference ON booking (tenant, reference);
CREATE INDEX booking_day ON booking (tenant, calendar, starts);
CREATE INDEX booking_start ON booking (tenant, starts);
CREATE INDEX booking_waiting ON booking (tenant, starts) WHERE awaits = 'staff';
CREATE INDEX booking_expires ON booking (status, expires) WHERE expires <> '';
CREATE INDEX booking_email ON booking (email_hash, starts) WHERE email_hash <> '';
CREATE INDEX booking_phone ON booking (phone_hash, starts) WHERE phone_hash <> '';
CREATE UNIQUE INDEX booking_hold ON booking (hold_hash) WHERE hold_hash <> '';
CREATE UNIQUE INDEX booking_manage ON booking (manage_hash) WHERE manage_hash <> '';
CREATE UNIQUE INDEX booking_confirm ON booking (confirm_hash) WHERE confirm_hash <> '';

-- One seat for one tick. The key forbids giving it twice whatever the code does.
CREATE TABLE claim (
  pool       INTEGER NOT NULL,
  tick       INTEGER NOT NULL,
  seat       INTEGER NOT NULL,
  booking    BIGINT  NOT NULL,  -- its number
  public     INTEGER NOT NULL CHECK (public IN (0, 1)),
  overbooked INTEGER NOT NULL CHECK (overbooked IN (0, 1)),
  expires    BIGINT  NOT NULL,  -- seconds since the epoch; 0 never
  PRIMARY KEY (pool, tick, seat)
) WITHOUT ROWID;

-- Letters wait here from the transaction that caused them until they are
-- delivered. subject is a booking, or calendar/date for a daily list.
CREATE TABLE outbox (
  tenant     TEXT    NOT NULL,
  subject    TEXT    NOT NULL,
  kind       TEXT    NOT NULL,
  version    INTEGER NOT NULL,
  message_id TEXT    NOT NULL,
  state      TEXT    NOT NULL CHECK (state IN ('queued', 'sent', 'dropped', 'failed')),
  due        TEXT    NOT NULL,
  lease      TEXT    NOT NULL,  -- '' nobody is at it; else until when somebody is
  attempts   INTEGER NOT NULL,
  reason     TEXT    NOT NULL,  -- of the last attempt, a word of ours
  created    TEXT    NOT NULL,
  done       TEXT    NOT NULL,
  bulk       INTEGER NOT NULL DEFAULT 0 CHECK (bulk IN (0, 1)),  -- 1: one of many, for which nobody waits
  deferred   TEXT    NOT NULL DEFAULT '',  -- since when the recipient's side puts it off
  PRIMARY KEY (tenant, subject, kind, version)
) WITHOUT ROWID;
CREATE INDEX outbox_due ON outbox (bulk, tenant, due) WHERE state = 'queued';
CREATE INDEX outbox_lists ON outbox (done) WHERE subject LIKE '%/%';  -- are of no booking

CREATE TABLE journal (
  tenant  TEXT NOT NULL,
  id      TEXT NOT NULL,  -- in the order of time
  at      TEXT NOT NULL,
  act     TEXT NOT NULL,
  subject TEXT NOT NULL,
  actor   TEXT NOT NULL,  -- visitor, job, cli, or a person's or token's id
  detail  TEXT NOT NULL,  -- JSON without personal data
  PRIMARY KEY (tenant, subject, id)
) WITHOUT ROWID;
CREATE INDEX journal_time ON journal (tenant, id);

-- Answers given under an idempotency key, by what they were about.
CREATE TABLE idempotency (
  tenant  TEXT NOT NULL,
  path    TEXT NOT NULL,
  key     TEXT NOT NULL,
  request TEXT NOT NULL,  -- hash of the body
  booking TEXT NOT NULL,
  status  TEXT NOT NULL,
  starts  TEXT NOT NULL,
  ends    TEXT NOT NULL,
  created TEXT NOT NULL,
  PRIMARY KEY (path, key, tenant)
) WITHOUT ROWID;
CREATE INDEX idempotency_booking ON idempotency (booking);
CREATE INDEX idempotency_created ON idempotency (created);

-- People and programs.

CREATE TABLE person (
  tenant     TEXT    NOT NULL REFERENCES tenant (id),
  id         TEXT    NOT NULL,
  email      TEXT    NOT NULL,
  name       TEXT    NOT NULL,
  role       TEXT    NOT NULL,
  department TEXT    NOT NULL,  -- '' the whole tenant
  password   TEXT    NOT NULL,  -- argon2id; '' none yet
  disabled   INTEGER NOT NULL CHECK (disabled IN (0, 1)),
  created    TEXT    NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX person_email ON person (tenant, email);

-- One-time links to set a password.
CREATE TABLE invitation (
  hash    TEXT NOT NULL PRIMARY KEY,
  tenant  TEXT NOT NULL,
  person  TEXT NOT NULL,
  expires TEXT NOT NULL,
  sealed  BYTEA,              -- the secret, for the letter; NULL: it was shown at once
  FOREIGN KEY (tenant, person) REFERENCES person (tenant, id)
);

CREATE TABLE session (
  hash    TEXT NOT NULL PRIMARY KEY,
  tenant  TEXT NOT NULL,
  person  TEXT NOT NULL,
  created TEXT NOT NULL,
  expires TEXT NOT NULL,
  id      TEXT NOT NULL,      -- to name it by on pages
  waits   INTEGER NOT NULL CHECK (waits IN (0, 1)),  -- for the second factor
  device  TEXT NOT NULL,      -- browser and system, in a word each
  used    TEXT NOT NULL,      -- every few minutes
  looks   TEXT NOT NULL,      -- at another tenant, from the county; '' none
  opened  TEXT NOT NULL,      -- until when at its bookings too; '' not
  FOREIGN KEY (tenant, person) REFERENCES person (tenant, id)
);
CREATE INDEX session_person ON session (tenant, person);

CREATE TABLE token (
  tenant     TEXT NOT NULL REFERENCES tenant (id),
  id         TEXT NOT NULL,
  name       TEXT NOT NULL,
  role       TEXT NOT NULL,
  department TEXT NOT NULL,
  hash       TEXT NOT NULL UNIQUE,
  created    TEXT NOT NULL,
  revoked    TEXT NOT NULL,  -- '' in force
  expires    TEXT NOT NULL DEFAULT '',  -- '' never: made before tokens ended by themselves
  PRIMARY KEY (tenant, id)
);

CREATE TABLE feed (
  tenant   TEXT    NOT NULL REFERENCES tenant (id),
  id       TEXT    NOT NULL,
  scope    TEXT    NOT NULL CHECK (scope IN ('calendar', 'department', 'site', 'all', 'clerk', 'visits')),
  target   TEXT    NOT NULL,  -- of clerk: the account
  detail   TEXT    NOT NULL CHECK (detail IN ('busy', 'service', 'full')),
  name     TEXT    NOT NULL,  -- '' what it shows
  language TEXT    NOT NULL,  -- '' the tenant's first
  alarm    INTEGER NOT NULL CHECK (alarm >= 0),  -- minutes before a visit; 0 none
  hash     TEXT    NOT NULL UNIQUE,
  created  TEXT    NOT NULL,
  expires  TEXT    NOT NULL,  -- '' never
  used     TEXT    NOT NULL,  -- '' never
  revoked  TEXT    NOT NULL,  -- '' in force
  tag      TEXT    NOT NULL,  -- of the bytes that were given last; '' none
  changed  TEXT    NOT NULL,  -- when they were given first
  PRIMARY KEY (tenant, id)
);
CREATE INDEX feed_target ON feed (tenant, scope, target);

-- The back office: revisions.
-- A tenant's set-ups as they were, to look at and to restore; the newest are kept.
CREATE TABLE revision (
  tenant TEXT    NOT NULL REFERENCES tenant (id),
  number INTEGER NOT NULL CHECK (number > 0),
  at     TEXT    NOT NULL,
  actor  TEXT    NOT NULL,  -- '' older than this table
  spec   BYTEA   NOT NULL,  -- the whole set-up as JSON, compressed
  PRIMARY KEY (tenant, number)
);

-- The back office: incidents.

-- What keeps visits from taking place as booked, and what is done about it. The texts
-- of the office are sealed.
CREATE TABLE incident (
  tenant  TEXT    NOT NULL REFERENCES tenant (id),
  id      TEXT    NOT NULL,  -- in the order of time
  step    TEXT    NOT NULL CHECK (step IN ('choose', 'decide', 'check', 'running', 'paused', 'done', 'undoing', 'undone')),
  version INTEGER NOT NULL CHECK (version > 0),
  ends    TEXT    NOT NULL,
  spec    TEXT    NOT NULL,
  sealed  BYTEA,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX incident_working ON incident (step) WHERE step IN ('running', 'undoing');

CREATE TABLE incident_item (
  tenant   TEXT    NOT NULL,
  incident TEXT    NOT NULL,
  booking  TEXT    NOT NULL,  -- its id; the booking may have been forgotten
  position INTEGER NOT NULL,
  state    TEXT    NOT NULL CHECK (state IN ('left', 'chosen', 'ready', 'done', 'failed', 'undone', 'stuck')),
  spec     TEXT    NOT NULL,
  PRIMARY KEY (tenant, incident, booking),
  FOREIGN KEY (tenant, incident) REFERENCES incident (tenant, id)
);
CREATE INDEX incident_item_booking ON incident_item (tenant, booking, incident);

-- Another time that the office keeps for a visitor until they answer. held is a
-- booking of its own, which has the seats; its expiry is the proposal's.
CREATE TABLE proposal (
  tenant   TEXT    NOT NULL,
  id       TEXT    NOT NULL,
  incident TEXT    NOT NULL,
  booking  TEXT    NOT NULL,
  held     TEXT    NOT NULL,
  hash     TEXT    NOT NULL,  -- of the link's secret
  state    TEXT    NOT NULL CHECK (state IN ('open', 'accepted', 'declined', 'expired', 'withdrawn')),
  version  INTEGER NOT NULL,  -- of the booking when it was made
  expires  TEXT    NOT NULL,
  fallback TEXT    NOT NULL CHECK (fallback IN ('cancel', 'call')),  -- when nobody answers
  created  TEXT    NOT NULL,
  sealed   BYTEA,
  PRIMARY KEY (tenant, id),
  FOREIGN KEY (tenant, incident) REFERENCES incident (tenant, id)
);
CREATE UNIQUE INDEX proposal_hash ON proposal (hash);
CREATE UNIQUE INDEX proposal_booking ON proposal (tenant, booking) WHERE state = 'open';
CREATE INDEX proposal_incident ON proposal (tenant, incident);
CREATE INDEX proposal_open ON proposal (expires) WHERE state = 'open';

-- The back office: people.

-- What somebody may do beside their first role, within limits and for a time: a second
-- task, or standing in for a colleague. Both dates are included.
CREATE TABLE person_role (
  tenant     TEXT    NOT NULL,
  person     TEXT    NOT NULL,
  id         TEXT    NOT NULL,
  role       TEXT    NOT NULL,
  department TEXT    NOT NULL,  -- '' all
  calendar   TEXT    NOT NULL,  -- '' all of the department
  from_date  INTEGER NOT NULL,
  to_date    INTEGER NOT NULL,  -- 0 without end
  PRIMARY KEY (tenant, person, id),
  FOREIGN KEY (tenant, person) REFERENCES person (tenant, id),
  CHECK (to_date = 0 OR from_date <= to_date)
);

-- What a person signs in with beside the password, and when they last did.
CREATE TABLE credential (
  tenant    TEXT   NOT NULL,
  person    TEXT   NOT NULL,
  language  TEXT   NOT NULL,  -- '' as the browser asks
  signed_in TEXT   NOT NULL,  -- '' never
  totp      BYTEA,            -- sealed secret; NULL none
  totp_next BYTEA,            -- sealed secret that waits for its first code
  totp_step BIGINT NOT NULL,  -- of the last code that was used: none is good twice
  PRIMARY KEY (tenant, person),
  FOREIGN KEY (tenant, person) REFERENCES person (tenant, id)
);

-- Codes for who has lost the second factor; one that was used is gone.
CREATE TABLE recovery_code (
  tenant TEXT NOT NULL,
  person TEXT NOT NULL,
  hash   TEXT NOT NULL,
  PRIMARY KEY (tenant, person, hash),
  FOREIGN KEY (tenant, person) REFERENCES person (tenant, id)
);

-- Until when a town lets the county look at its bookings.
CREATE TABLE county_access (
  tenant  TEXT    NOT NULL PRIMARY KEY REFERENCES tenant (id),
  to_date INTEGER NOT NULL,
  person  TEXT    NOT NULL,  -- of the town, who opened them
  created TEXT    NOT NULL
);

CREATE TABLE identity (
  tenant  TEXT NOT NULL,
  issuer  TEXT NOT NULL,
  subject TEXT NOT NULL,
  person  TEXT NOT NULL,
  PRIMARY KEY (tenant, issuer, subject),
  UNIQUE (tenant, person, issuer),
  FOREIGN KEY (tenant, person) REFERENCES person (tenant, id)
);

-- The back office: invitation links.
-- Whoever bears the secret may book services that are public by link only.
CREATE TABLE service_link (
  tenant    TEXT    NOT NULL REFERENCES tenant (id),
  id        TEXT    NOT NULL,
  hash      TEXT    NOT NULL UNIQUE,  -- of the secret
  services  TEXT    NOT NULL,  -- JSON list of ids
  calendars TEXT    NOT NULL,  -- JSON list of ids; [] any
  person    TEXT    NOT NULL,  -- who made it
  note      TEXT    NOT NULL,
  uses      INTEGER NOT NULL CHECK (uses > 0),
  used      INTEGER NOT NULL CHECK (used >= 0 AND used <= uses),
  created   TEXT    NOT NULL,
  expires   TEXT    NOT NULL,
  revoked   TEXT    NOT NULL,  -- '' in force
  PRIMARY KEY (tenant, id)
);
CREATE INDEX service_link_person ON service_link (tenant, person, expires);
CREATE INDEX service_link_expires ON service_link (expires);

-- The back office: figures.

-- How often something happened, of visits whose rows are gone and of days that are
-- past: per day, calendar and service ('' the calendar as a whole), never per person.
-- A row without a calendar counts for the tenant, or marks a day as dealt with.
CREATE TABLE figure (
  tenant   TEXT    NOT NULL,
  date     INTEGER NOT NULL,
  calendar TEXT    NOT NULL,
  service  TEXT    NOT NULL,
  name     TEXT    NOT NULL,
  amount   BIGINT  NOT NULL,
  PRIMARY KEY (tenant, date, calendar, service, name)
) WITHOUT ROWID;

-- On each day, after how many days the third free time of a service at a site was.
CREATE TABLE waiting (
  tenant  TEXT    NOT NULL,
  date    INTEGER NOT NULL,
  site    TEXT    NOT NULL,
  service TEXT    NOT NULL,
  days    INTEGER NOT NULL,  -- -1: beyond the horizon
  PRIMARY KEY (tenant, date, site, service)
) WITHOUT ROWID;

-- The citizens' site: abuse.

-- Proofs of work that were spent: none is good twice. They go when they expire.
CREATE TABLE proof (
  tenant  TEXT NOT NULL,
  nonce   TEXT NOT NULL,
  expires TEXT NOT NULL,
  PRIMARY KEY (tenant, nonce)
) WITHOUT ROWID;
CREATE INDEX proof_expires ON proof (expires);

-- Codes by e-mail for those whose browser cannot calculate. Who typed one has a pass,
-- which is good for a few times.
CREATE TABLE proof_code (
  tenant     TEXT    NOT NULL,
  id         TEXT    NOT NULL,
  email_hash TEXT    NOT NULL,
  pass_hash  TEXT    NOT NULL,  -- '' not typed yet
  language   TEXT    NOT NULL,
  tries      INTEGER NOT NULL CHECK (tries >= 0),
  uses       INTEGER NOT NULL CHECK (uses >= 0),
  created    TEXT    NOT NULL,
  expires    TEXT    NOT NULL,
  sealed     BYTEA   NOT NULL,  -- the address and the code
  PRIMARY KEY (tenant, id)
);
CREATE INDEX proof_code_email ON proof_code (email_hash, created);
CREATE INDEX proof_code_created ON proof_code (tenant, created);
CREATE INDEX proof_code_expires ON proof_code (expires);
CREATE UNIQUE INDEX proof_code_pass ON proof_code (pass_hash) WHERE pass_hash <> '';

-- The citizens' site: after booking.

-- A new e-mail address for a visit, from the request on: it counts once the link in the
-- letter to it is answered. sealed holds the address, the one before and the link's
-- secret.
CREATE TABLE new_address (
  tenant  TEXT    NOT NULL,
  booking TEXT    NOT NULL,
  version INTEGER NOT NULL,  -- of the booking with the request
  hash    TEXT    NOT NULL,  -- of the link's secret
  state   TEXT    NOT NULL CHECK (state IN ('open', 'used', 'over')),
  expires TEXT    NOT NULL,
  sealed  BYTEA   NOT NULL,
  PRIMARY KEY (tenant, booking, version),
  FOREIGN KEY (tenant, booking) REFERENCES booking (tenant, id)
);
CREATE UNIQUE INDEX new_address_hash ON new_address (hash);
CREATE INDEX new_address_expires ON new_address (expires);

-- Letters about visits that are under another address by now, or not yet under this one:
-- they count towards what an address may get in a day, and are kept as long.
CREATE TABLE stray_letter (
  tenant     TEXT    NOT NULL,
  email_hash TEXT    NOT NULL,
  at         TEXT    NOT NULL,
  booking    TEXT    NOT NULL,
  letters    INTEGER NOT NULL CHECK (letters > 0),
  PRIMARY KEY (tenant, email_hash, at, booking)
) WITHOUT ROWID;

-- The citizens' site: logos, embedding, reports of barriers.
-- A tenant's logos, made safe before they are kept; the set-up names the one shown.
CREATE TABLE logo (
  tenant TEXT  NOT NULL,
  name   TEXT  NOT NULL,  -- with the hash of the picture
  image  BYTEA NOT NULL,
  PRIMARY KEY (tenant, name)
);

-- What people wrote about barriers on the pages, until the letter to the office is done.
CREATE TABLE barrier (
  tenant  TEXT  NOT NULL,
  id      TEXT  NOT NULL,
  created TEXT  NOT NULL,
  sealed  BYTEA,  -- NULL: the letter is done; the row is counted for a day
  PRIMARY KEY (tenant, id)
);
CREATE INDEX barrier_created ON barrier (tenant, created);

-- Letters and calendars: delivery.
-- What became of the letters of the outbox: one row per answer of a server, and per
-- letter that came back. It goes with its letter.
CREATE TABLE delivery (
  tenant     TEXT    NOT NULL,
  subject    TEXT    NOT NULL,  -- as in outbox
  message_id TEXT    NOT NULL,
  id         TEXT    NOT NULL,  -- in the order of time
  at         TEXT    NOT NULL,
  what       TEXT    NOT NULL CHECK (what IN ('accepted', 'deferred', 'refused', 'given-up', 'again', 'delayed', 'bounced', 'absent', 'reply')),
  code       INTEGER NOT NULL,  -- three digits; 0: no server said anything
  status     TEXT    NOT NULL,  -- enhanced status code, such as 5.1.1
  reason     TEXT    NOT NULL,  -- a word of ours
  next       TEXT    NOT NULL,  -- when it is tried again
  email_hash TEXT    NOT NULL,  -- keyed, of whom it went to
  sealed     BYTEA,             -- what the server said: it may name addresses
  PRIMARY KEY (tenant, subject, message_id, id)
);
CREATE INDEX delivery_message ON delivery (message_id);
CREATE INDEX delivery_lists ON delivery (at) WHERE subject LIKE '%/%';  -- are of no booking
CREATE INDEX outbox_done ON outbox (tenant, done, message_id) WHERE state <> 'queued';

-- Addresses that letters came back from: nothing is written to them.
CREATE TABLE undeliverable (
  tenant     TEXT NOT NULL,
  email_hash TEXT NOT NULL,  -- keyed
  at         TEXT NOT NULL,
  status     TEXT NOT NULL,
  PRIMARY KEY (tenant, email_hash)
);
CREATE INDEX undeliverable_at ON undeliverable (tenant, at);

-- People whom no letter reaches and whom the office calls instead.
CREATE TABLE task (
  tenant     TEXT NOT NULL,
  booking    TEXT NOT NULL,
  message_id TEXT NOT NULL,
  email_hash TEXT NOT NULL,  -- with another address of the booking the task is over
  status     TEXT NOT NULL,
  created    TEXT NOT NULL,
  done       TEXT NOT NULL,
  person     TEXT NOT NULL,  -- who called
  PRIMARY KEY (tenant, booking, message_id),
  FOREIGN KEY (tenant, booking) REFERENCES booking (tenant, id)
);
CREATE INDEX task_open ON task (tenant, created) WHERE done = '';

-- Mailboxes that bounces come to: how far they were read, and what was in them.
CREATE TABLE mailbox (
  name     TEXT   NOT NULL PRIMARY KEY,
  validity BIGINT NOT NULL,
  uid      BIGINT NOT NULL,
  bounces  BIGINT NOT NULL,
  absences BIGINT NOT NULL,
  replies  BIGINT NOT NULL,
  people   BIGINT NOT NULL,
  unknown  BIGINT NOT NULL, -- that named no letter of ours, or could not be read
  looked   TEXT   NOT NULL, -- when it was last read; '' never
  failed   TEXT   NOT NULL, -- when that last failed; '' never
  fault    TEXT   NOT NULL  -- and why: a word of ours
);

-- Whose letters wait until somebody lets them go.
CREATE TABLE mail_pause (
  tenant TEXT NOT NULL PRIMARY KEY,  -- '' the whole installation
  since  TEXT NOT NULL,
  actor  TEXT NOT NULL,
  reason TEXT NOT NULL,
  copied TEXT NOT NULL  -- when the backup was made that this database was restored from; '' it was not
);

-- Letters and calendars: reminders.
-- booking.coming

-- Letters and calendars: texts.
-- (letters' texts)

-- Letters and calendars: webhooks.
-- What other systems are told, and messages that they carry: never what stands in them.
CREATE TABLE hook (
  tenant     TEXT    NOT NULL,
  id         TEXT    NOT NULL,
  generation INTEGER NOT NULL,  -- of its signing key, which is derived; 0: nobody has seen one; less: nobody the next one
  renewed    TEXT    NOT NULL,  -- '' never; the key before it signs too for some days
  disabled   TEXT    NOT NULL,  -- '' or since when, because the other side said it is gone
  data_key   INTEGER NOT NULL DEFAULT 1,  -- number of that which its signing key is derived from,
  former_key INTEGER NOT NULL DEFAULT 1,  -- and the one before it
  PRIMARY KEY (tenant, id)
) WITHOUT ROWID;
CREATE TABLE hook_post (
  tenant   TEXT    NOT NULL,
  hook     TEXT    NOT NULL,
  subject  TEXT    NOT NULL,  -- a booking's id, or test/ and something
  version  INTEGER NOT NULL,  -- of the booking
  event    TEXT    NOT NULL,
  kind     TEXT    NOT NULL,  -- of a message: that of the letter; else ''
  id       TEXT    NOT NULL,  -- the same at every attempt
  state    TEXT    NOT NULL CHECK (state IN ('queued', 'sent', 'dropped', 'failed')),
  due      TEXT    NOT NULL,
  lease    TEXT    NOT NULL,
  attempts INTEGER NOT NULL,
  status   INTEGER NOT NULL,  -- of the last answer; 0: none came
  took     INTEGER NOT NULL,  -- milliseconds of the last attempt
  reason   TEXT    NOT NULL,  -- a word of ours
  created  TEXT    NOT NULL,
  done     TEXT    NOT NULL,
  PRIMARY KEY (tenant, subject, hook, version, event, kind)
) WITHOUT ROWID;
CREATE INDEX hook_post_due ON hook_post (tenant, hook, due) WHERE state = 'queued';
CREATE INDEX hook_post_log ON hook_post (tenant, hook, created);

-- Letters and calendars: feeds.
-- The visits that a visitor's own feed shows.
CREATE TABLE feed_visit (
  tenant  TEXT NOT NULL,
  feed    TEXT NOT NULL,
  booking TEXT NOT NULL,
  PRIMARY KEY (tenant, feed, booking)
) WITHOUT ROWID;
CREATE INDEX feed_visit_booking ON feed_visit (tenant, booking);

-- Letters and calendars: external calendars.

-- Calendars kept elsewhere whose busy times take seats here: what became of asking them.
CREATE TABLE busy_source (
  tenant   TEXT    NOT NULL,
  calendar TEXT    NOT NULL,
  source   TEXT    NOT NULL,  -- id in the set-up, where its sealed address is
  due      TEXT    NOT NULL,
  lease    TEXT    NOT NULL,  -- '' nobody is at it; else until when somebody is
  tried    TEXT    NOT NULL,  -- '' never
  fetched  TEXT    NOT NULL,  -- when it last answered; '' never
  failing  TEXT    NOT NULL,  -- since when it does not; '' it does
  fault    TEXT    NOT NULL,  -- a word of ours, never the other side's
  released INTEGER NOT NULL CHECK (released IN (0, 1)),  -- its times were let go: nobody answered for too long
  until    INTEGER NOT NULL,  -- date up to which its times are known
  etag     TEXT    NOT NULL,
  modified TEXT    NOT NULL,
  digest   TEXT    NOT NULL,  -- of what it answered last
  entries  INTEGER NOT NULL,
  strange  INTEGER NOT NULL,  -- entries that nobody could read
  floating INTEGER NOT NULL,  -- entries that name no time zone
  clock    TEXT    NOT NULL,  -- name of the time zone that most were read in; '' unknown
  PRIMARY KEY (tenant, calendar, source),
  FOREIGN KEY (tenant, calendar) REFERENCES calendar (tenant, id)
);
CREATE INDEX busy_source_due ON busy_source (due);
CREATE INDEX busy_source_failing ON busy_source (tenant, failing) WHERE failing <> '';

-- The times that a source takes on a local day, merged: ISO 8601 intervals. Nothing of
-- what they are for is kept.
CREATE TABLE busy_time (
  tenant   TEXT    NOT NULL,
  calendar TEXT    NOT NULL,
  date     INTEGER NOT NULL,
  source   TEXT    NOT NULL,
  times    TEXT    NOT NULL CHECK (times <> ''),
  PRIMARY KEY (tenant, calendar, date, source)
) WITHOUT ROWID;

-- Safety: keys.

-- The line of data keys that this database is or was sealed with. What is kept of the
-- old ones is sealed under the current one, so that who has that opens everything.
CREATE TABLE data_key (
  number      INTEGER NOT NULL PRIMARY KEY,
  fingerprint TEXT    NOT NULL UNIQUE,
  state       TEXT    NOT NULL CHECK (state IN ('next', 'current', 'old', 'retired')),
  since       TEXT    NOT NULL,  -- when it became current; '' not yet, or before this table
  done        TEXT    NOT NULL,  -- when all rows had come to be under it; '' not yet, or it is the first
  key         BYTEA,             -- of an old one
  lookup      BYTEA              -- that keyed hashes begin with; of an old or retired one
);

-- Running processes and the keys they have, so that none is left behind by a change.
CREATE TABLE key_holder (
  id      TEXT NOT NULL PRIMARY KEY,
  name    TEXT NOT NULL,  -- of the machine, for people
  adopted TEXT NOT NULL,
  seen    TEXT NOT NULL
);

CREATE INDEX task_email ON task (email_hash);

-- Safety: who looked.
-- Which of the staff saw the data of which visitors: a visit that was opened, or a list of
-- some days of a calendar. Kept as long as the journal; of visitors there is nothing in it.
CREATE TABLE viewing (
  tenant    TEXT    NOT NULL,
  id        TEXT    NOT NULL,  -- in the order of time
  at        TEXT    NOT NULL,  -- the first look; more of them soon after are not counted
  person    TEXT    NOT NULL,  -- who of the staff, a token, or feed/ and a feed's id
  way       TEXT    NOT NULL CHECK (way IN ('page', 'list', 'search', 'print', 'api', 'incident', 'feed', 'letter')),
  booking   TEXT    NOT NULL,  -- '' a list
  calendar  TEXT    NOT NULL,
  from_date INTEGER NOT NULL,  -- local days, both included; of a feed 0: all
  to_date   INTEGER NOT NULL,
  visits    INTEGER NOT NULL CHECK (visits > 0),  -- of a feed 1
  PRIMARY KEY (tenant, id)
) WITHOUT ROWID;
CREATE INDEX viewing_booking ON viewing (tenant, booking, id) WHERE booking <> '';
CREATE INDEX viewing_list ON viewing (tenant, calendar, id) WHERE booking = '';

-- Safety: deletion on wish.
-- Visits that were called off and whose visitors want them forgotten at once: until the
-- letters that tell of it are on their way.
CREATE TABLE erasure (
  tenant  TEXT NOT NULL,
  booking TEXT NOT NULL,
  at      TEXT NOT NULL,  -- when it was wished
  PRIMARY KEY (tenant, booking)
) WITHOUT ROWID;

-- Safety: running it.
-- Wrong tries to sign in, lately: when those of an account, of a source or of a known
-- device will have worn off. Which of them it is, nobody can tell from it: of a source,
-- 16 bits go into the hash, which tens of thousands of addresses share.
CREATE TABLE sign_in_try (
  who  TEXT NOT NULL PRIMARY KEY,  -- keyed hash
  over TEXT NOT NULL
);
CREATE INDEX sign_in_try_over ON sign_in_try (over);

