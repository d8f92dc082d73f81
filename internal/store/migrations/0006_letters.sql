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
CREATE INDEX outbox_done ON outbox (tenant, done) WHERE state <> 'queued';

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
  unknown  BIGINT NOT NULL  -- that named no letter of ours, or could not be read
);

-- Letters and calendars: reminders.
ALTER TABLE booking ADD COLUMN coming TEXT NOT NULL DEFAULT '';

-- Letters and calendars: texts.

-- Letters and calendars: webhooks.

-- Letters and calendars: feeds.

-- Letters and calendars: external calendars.
