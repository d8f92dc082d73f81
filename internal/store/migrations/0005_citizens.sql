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
