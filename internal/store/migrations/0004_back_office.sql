-- Version 4: what the back office keeps. One block per part, in the order of schema.sql.

-- The back office: revisions.
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
