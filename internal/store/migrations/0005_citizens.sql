-- Version 5: what the citizens' site keeps. One block per part, in the order of schema.sql.

-- The citizens' site: abuse.

-- The citizens' site: after booking.

-- The citizens' site: logos, embedding, reports of barriers.
-- A tenant's logos, made safe before they are kept; the set-up names the one shown.
CREATE TABLE logo (
  tenant TEXT  NOT NULL,
  name   TEXT  NOT NULL,  -- with the hash of the picture
  image  BYTEA NOT NULL,
  PRIMARY KEY (tenant, name)
);
