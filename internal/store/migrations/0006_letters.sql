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

-- The queue: letters by whether somebody waits for them or many go out at once, and by
-- tenant, so that each has its turn.
ALTER TABLE outbox ADD COLUMN bulk INTEGER NOT NULL DEFAULT 0 CHECK (bulk IN (0, 1));
ALTER TABLE outbox ADD COLUMN deferred TEXT NOT NULL DEFAULT '';
UPDATE outbox SET bulk = 1 WHERE state = 'queued' AND (kind LIKE 'reminder-%' OR kind LIKE 'incident-%' OR kind LIKE 'staff-%' OR kind = 'daily-list');
DROP INDEX outbox_due;
CREATE INDEX outbox_due ON outbox (bulk, tenant, due) WHERE state = 'queued';
CREATE TABLE mail_pause (
  tenant TEXT NOT NULL PRIMARY KEY,
  since  TEXT NOT NULL,
  actor  TEXT NOT NULL,
  reason TEXT NOT NULL,
  copied TEXT NOT NULL
);

-- Letters and calendars: reminders.
ALTER TABLE booking ADD COLUMN coming TEXT NOT NULL DEFAULT '';

-- Letters and calendars: texts.

-- Letters and calendars: webhooks.
CREATE TABLE hook (
  tenant     TEXT    NOT NULL,
  id         TEXT    NOT NULL,
  generation INTEGER NOT NULL,  -- of its signing key, which is derived; 0: nobody has seen one; less: nobody the next one
  renewed    TEXT    NOT NULL,  -- '' never; the key before it signs too for some days
  disabled   TEXT    NOT NULL,  -- '' or since when, because the other side said it is gone
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
CREATE TABLE old_feed AS SELECT * FROM feed;
DROP TABLE feed;
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
INSERT INTO feed (tenant, id, scope, target, detail, name, language, alarm, hash, created, expires, used, revoked, tag, changed)
  SELECT tenant, id, scope, target, detail, '', '', 0, hash, created, '', used, revoked, '', '' FROM old_feed;
DROP TABLE old_feed;
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
