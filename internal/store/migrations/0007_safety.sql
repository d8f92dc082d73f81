-- Version 7: safety.

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

ALTER TABLE hook ADD COLUMN data_key INTEGER NOT NULL DEFAULT 1;  -- number of that which its signing key is derived from,
ALTER TABLE hook ADD COLUMN former_key INTEGER NOT NULL DEFAULT 1;  -- and the one before it

INSERT INTO data_key (number, fingerprint, state, since, done) SELECT 1, value, 'current', '', '' FROM meta WHERE name = 'key';
DELETE FROM meta WHERE name = 'key';

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

-- Safety: API tokens end by themselves. Those there are were made without an end and go
-- on, or programs would be shut out by an upgrade; the list of tokens says so.
ALTER TABLE token ADD COLUMN expires TEXT NOT NULL DEFAULT '';
