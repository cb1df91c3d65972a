-- Which files were taken in, and which messages each of them holds. Each row ends with a checksum of
-- what stands before it: `SQLite` keeps none.

-- The last commit: one row.
CREATE TABLE state (
  sequence INTEGER NOT NULL,        -- its number, which the index has, too
  unreadable INTEGER NOT NULL,      -- messages that could not be read, in all
  strangers INTEGER NOT NULL,       -- whether the index may hold messages that are not known here
  meta BLOB NOT NULL,               -- what tantivy then says the index is made of
  sum INTEGER NOT NULL
) STRICT;

CREATE TABLE files (
  number INTEGER PRIMARY KEY,       -- in the order in which they were found
  path BLOB NOT NULL UNIQUE,
  length INTEGER,                   -- NULL while it was not read to its end
  modified INTEGER,                 -- in nanoseconds since 1970
  messages INTEGER NOT NULL,
  unreadable INTEGER NOT NULL,
  sum INTEGER NOT NULL
) STRICT;

-- What could not be read of a file, and why.
CREATE TABLE faults (
  file INTEGER NOT NULL,
  number INTEGER NOT NULL,
  part TEXT NOT NULL,
  reason TEXT NOT NULL,
  sum INTEGER NOT NULL,
  PRIMARY KEY (file, number)
) STRICT, WITHOUT ROWID;

-- What many messages of a place have in common.
CREATE TABLE places (
  number INTEGER PRIMARY KEY,
  source TEXT,
  mailbox TEXT,
  folder TEXT,
  is_read INTEGER,
  is_flagged INTEGER,
  is_replied INTEGER,
  is_draft INTEGER,
  sum INTEGER NOT NULL
) STRICT;

-- Numbers grow with time: what a reading of a file found has higher ones than what was found before.
CREATE TABLE messages (
  number INTEGER PRIMARY KEY,
  file INTEGER NOT NULL,
  id ANY NOT NULL,                  -- 32 hex digits as the 16 bytes that they spell; any other as text
  part TEXT NOT NULL,
  place INTEGER NOT NULL,
  item TEXT,                        -- its ids upstream
  fragment TEXT,
  sum INTEGER NOT NULL
) STRICT;
CREATE INDEX messages_by_id ON messages (id, place);
CREATE INDEX messages_by_file ON messages (file);

-- Messages that lie in other places than the index knows.
CREATE TABLE moved (id ANY PRIMARY KEY, sum INTEGER NOT NULL) STRICT, WITHOUT ROWID;
