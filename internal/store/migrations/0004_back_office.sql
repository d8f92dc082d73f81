-- Version 4: what the back office keeps. One block per part, in the order of schema.sql.

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

-- Letters of no booking, whatever they are about.
DROP INDEX outbox_lists;
CREATE INDEX outbox_lists ON outbox (done) WHERE subject LIKE '%/%';

-- The back office: people. Whoever is signed in signs in anew: nobody knows their device.

CREATE TABLE old_invitation AS SELECT * FROM invitation;
DROP TABLE invitation;
CREATE TABLE invitation (
  hash    TEXT NOT NULL PRIMARY KEY,
  tenant  TEXT NOT NULL,
  person  TEXT NOT NULL,
  expires TEXT NOT NULL,
  sealed  BYTEA,
  FOREIGN KEY (tenant, person) REFERENCES person (tenant, id)
);
INSERT INTO invitation (hash, tenant, person, expires, sealed) SELECT hash, tenant, person, expires, NULL FROM old_invitation;
DROP TABLE old_invitation;

DROP TABLE session;
CREATE TABLE session (
  hash    TEXT NOT NULL PRIMARY KEY,
  tenant  TEXT NOT NULL,
  person  TEXT NOT NULL,
  created TEXT NOT NULL,
  expires TEXT NOT NULL,
  id      TEXT NOT NULL,
  waits   INTEGER NOT NULL CHECK (waits IN (0, 1)),
  device  TEXT NOT NULL,
  used    TEXT NOT NULL,
  looks   TEXT NOT NULL,
  opened  TEXT NOT NULL,
  FOREIGN KEY (tenant, person) REFERENCES person (tenant, id)
);
CREATE INDEX session_person ON session (tenant, person);

-- What somebody may do beside their first role, within limits and for a time: a second
-- task, or standing in for a colleague. Both dates are included.
CREATE TABLE person_role (
  tenant     TEXT    NOT NULL,
  person     TEXT    NOT NULL,
  id         TEXT    NOT NULL,
  role       TEXT    NOT NULL,
  department TEXT    NOT NULL,
  calendar   TEXT    NOT NULL,
  from_date  INTEGER NOT NULL,
  to_date    INTEGER NOT NULL,
  PRIMARY KEY (tenant, person, id),
  FOREIGN KEY (tenant, person) REFERENCES person (tenant, id),
  CHECK (to_date = 0 OR from_date <= to_date)
);

-- What a person signs in with beside the password, and when they last did.
CREATE TABLE credential (
  tenant    TEXT   NOT NULL,
  person    TEXT   NOT NULL,
  language  TEXT   NOT NULL,
  signed_in TEXT   NOT NULL,
  totp      BYTEA,
  totp_next BYTEA,
  totp_step BIGINT NOT NULL,
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
  person  TEXT    NOT NULL,
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
