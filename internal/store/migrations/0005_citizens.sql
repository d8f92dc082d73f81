-- Version 5: what the citizens' site keeps. One block per part, in the order of schema.sql.

-- The citizens' site: abuse.

-- The citizens' site: after booking.

-- The citizens' site: logos, embedding, reports of barriers.
