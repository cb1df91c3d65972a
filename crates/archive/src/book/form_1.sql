-- The book as the first version made it, whole and word for word: a test brings it to the form of today. It
-- repeats tables of schema.sql on purpose. What stands on disks does not change when schema.sql does.

-- What was collected upstream, and what of it is here. Times are whole seconds since 1970, but for
-- `created`, which is in microseconds.
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- The locations of the tenant and the live mailboxes in them, as they were last listed.
CREATE TABLE locations (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  name TEXT,
  position INTEGER NOT NULL
) STRICT;

CREATE TABLE sources (
  location TEXT NOT NULL,
  id TEXT NOT NULL,
  address TEXT,
  name TEXT,
  kind TEXT,
  position INTEGER NOT NULL,
  PRIMARY KEY (location, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE mailboxes (
  number INTEGER PRIMARY KEY,
  location TEXT NOT NULL,
  address TEXT NOT NULL COLLATE NOCASE,
  source TEXT NOT NULL,             -- its id upstream
  listed_at INTEGER,                -- when all of it was last listed
  error TEXT,                       -- why it could not be listed since
  known INTEGER NOT NULL DEFAULT 0, -- messages collected or here
  here INTEGER NOT NULL DEFAULT 0,  -- messages stored and indexed
  failed INTEGER NOT NULL DEFAULT 0,
  gone INTEGER NOT NULL DEFAULT 0,  -- messages that upstream has no longer
  UNIQUE (location, address)
) STRICT;

CREATE TABLE folders (
  mailbox INTEGER NOT NULL,
  id TEXT NOT NULL,
  fragment TEXT,
  name TEXT NOT NULL,
  path TEXT NOT NULL,               -- with the folders around it
  kind TEXT,
  parent TEXT NOT NULL,
  gone_at INTEGER,
  PRIMARY KEY (mailbox, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE windows (
  mailbox INTEGER NOT NULL,
  folder TEXT NOT NULL,
  start INTEGER NOT NULL,
  "end" INTEGER NOT NULL,
  listed_at INTEGER NOT NULL,
  known INTEGER NOT NULL,
  PRIMARY KEY (mailbox, folder, start)
) STRICT, WITHOUT ROWID;

CREATE TABLE items (
  mailbox INTEGER NOT NULL,
  id TEXT NOT NULL,
  fragment TEXT,
  folder TEXT NOT NULL,
  name TEXT,
  kind TEXT,
  created INTEGER,
  content TEXT,                     -- the id of the message in the store
  indexed INTEGER NOT NULL DEFAULT 0,
  gone_at INTEGER,
  failure TEXT,                     -- why it could not be fetched
  may_pass INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (mailbox, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX items_by_time ON items (mailbox, folder, created, id);
CREATE INDEX items_by_content ON items (content) WHERE content IS NOT NULL;
CREATE INDEX items_to_fetch ON items (mailbox, id) WHERE content IS NULL;
CREATE INDEX items_to_index ON items (content) WHERE content IS NOT NULL AND indexed = 0;

CREATE TRIGGER item_added AFTER INSERT ON items BEGIN
  UPDATE mailboxes SET
    known = known + (new.gone_at IS NULL OR new.indexed),
    here = here + new.indexed,
    failed = failed + (new.failure IS NOT NULL AND new.gone_at IS NULL),
    gone = gone + (new.gone_at IS NOT NULL)
  WHERE number = new.mailbox;
END;
CREATE TRIGGER item_removed AFTER DELETE ON items BEGIN
  UPDATE mailboxes SET
    known = known - (old.gone_at IS NULL OR old.indexed),
    here = here - old.indexed,
    failed = failed - (old.failure IS NOT NULL AND old.gone_at IS NULL),
    gone = gone - (old.gone_at IS NOT NULL)
  WHERE number = old.mailbox;
END;
CREATE TRIGGER item_changed AFTER UPDATE OF indexed, gone_at, failure ON items BEGIN
  UPDATE mailboxes SET
    known = known + (new.gone_at IS NULL OR new.indexed) - (old.gone_at IS NULL OR old.indexed),
    here = here + new.indexed - old.indexed,
    failed = failed + (new.failure IS NOT NULL AND new.gone_at IS NULL)
                    - (old.failure IS NOT NULL AND old.gone_at IS NULL),
    gone = gone + (new.gone_at IS NOT NULL) - (old.gone_at IS NOT NULL)
  WHERE number = new.mailbox;
END;
