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
-- The back office: people.
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
