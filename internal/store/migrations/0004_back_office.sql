-- Version 4: what the back office keeps. One block per part, in the order of schema.sql.

-- The back office: revisions.
-- The back office: incidents.
-- The back office: people.
-- The back office: invitation links.
-- The back office: figures.
