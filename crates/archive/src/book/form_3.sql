-- What was collected upstream, and what of it is here. Times are whole seconds since 1970, but for
-- `created`, which is in microseconds.
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- The locations of each source and the mailboxes and drives in them, as they were last listed.
CREATE TABLE locations (
  source TEXT NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT,
  position INTEGER NOT NULL,
  PRIMARY KEY (source, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE owners (
  source TEXT NOT NULL,
  location TEXT NOT NULL,
  holds TEXT NOT NULL DEFAULT 'mail',
  id TEXT NOT NULL,
  address TEXT COLLATE NOCASE,
  name TEXT,
  kind TEXT,
  position INTEGER NOT NULL,
  empty_at INTEGER,                 -- when the source last said that nothing of it was collected
  PRIMARY KEY (source, location, holds, id)
) STRICT, WITHOUT ROWID;

-- A drive is a mailbox that holds files: `listings` where the source gives what it lists and no bytes.
CREATE TABLE mailboxes (
  number INTEGER PRIMARY KEY,
  source TEXT NOT NULL,             -- the name of the source
  location TEXT NOT NULL,
  holds TEXT NOT NULL DEFAULT 'mail',
  address TEXT NOT NULL COLLATE NOCASE,
  id TEXT NOT NULL,                 -- its id at the source
  listed_at INTEGER,                -- when all of it was last listed
  state TEXT,                       -- what the source said of its own state when it was listed
  error TEXT,                       -- why it could not be listed since
  is_cold INTEGER NOT NULL DEFAULT 0, -- it lies in an archive tier, so nobody knows what is in it
  gone_at INTEGER,                  -- when the source was first seen without it
  walk INTEGER NOT NULL DEFAULT 0,  -- which walk over its folders is the last one
  walking_since INTEGER,            -- when that one began, if it has not come to its end
  known INTEGER NOT NULL DEFAULT 0, -- messages collected or here
  here INTEGER NOT NULL DEFAULT 0,  -- messages stored and indexed
  failed INTEGER NOT NULL DEFAULT 0,
  gone INTEGER NOT NULL DEFAULT 0,  -- messages that upstream has no longer
  UNIQUE (source, location, holds, address, id)
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
  walk INTEGER NOT NULL DEFAULT 0,  -- the last walk that listed what lies in it
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
  listed TEXT,                      -- what else the source listed of it
  content TEXT,                     -- the id of the message in the store
  stale INTEGER NOT NULL DEFAULT 0, -- it was listed with other values since it was stored
  indexed INTEGER NOT NULL DEFAULT 0,
  gone_at INTEGER,
  failure TEXT,                     -- why it could not be fetched
  may_pass INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (mailbox, id)
) STRICT, WITHOUT ROWID;

-- Messages of the store in whose place an item has another one, or waits for another one.
CREATE TABLE replaced (
  content TEXT NOT NULL,
  mailbox INTEGER NOT NULL,
  id TEXT NOT NULL,
  PRIMARY KEY (content, mailbox, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX folders_by_parent ON folders (mailbox, parent);
CREATE INDEX items_by_time ON items (mailbox, folder, created, id);
CREATE INDEX items_by_content ON items (content) WHERE content IS NOT NULL;
CREATE INDEX items_to_fetch ON items (mailbox, id) WHERE content IS NULL OR stale = 1;
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
