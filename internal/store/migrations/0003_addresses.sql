-- Version 3: bookings of an address are found by its hash alone, so that PostgreSQL can
-- take no other index for it.

DROP INDEX booking_email;
DROP INDEX booking_phone;
CREATE INDEX booking_email ON booking (email_hash, starts) WHERE email_hash <> '';
CREATE INDEX booking_phone ON booking (phone_hash, starts) WHERE phone_hash <> '';
