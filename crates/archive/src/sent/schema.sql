-- What a machine has sent to an index elsewhere. A file without a length was begun and not acknowledged.

CREATE TABLE facts (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE files (
  number INTEGER PRIMARY KEY,
  path BLOB NOT NULL UNIQUE,
  length INTEGER,
  modified INTEGER,
  messages INTEGER NOT NULL DEFAULT 0,
  unread INTEGER NOT NULL DEFAULT 0   -- what could not be read of it, or was refused
) STRICT;

-- At which places the messages of a file lie, since which reading of it.
CREATE TABLE held (
  file INTEGER NOT NULL,
  id TEXT NOT NULL,
  place TEXT NOT NULL,
  reading INTEGER NOT NULL,
  PRIMARY KEY (file, id, place)
) STRICT, WITHOUT ROWID;

CREATE INDEX held_by_id ON held (id);
