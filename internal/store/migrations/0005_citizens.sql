-- Version 5: what the citizens' site keeps. One block per part, in the order of schema.sql.

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
CREATE INDEX proof_code_expires ON proof_code (expires);
CREATE UNIQUE INDEX proof_code_pass ON proof_code (pass_hash) WHERE pass_hash <> '';

-- The citizens' site: after booking.

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
