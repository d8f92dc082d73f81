-- Letters and calendars: delivery.

-- Letters and calendars: reminders.
ALTER TABLE booking ADD COLUMN coming TEXT NOT NULL DEFAULT '';

-- Letters and calendars: texts.

-- Letters and calendars: webhooks.

-- Letters and calendars: feeds.

-- Letters and calendars: external calendars.
