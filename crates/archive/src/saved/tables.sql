CREATE TABLE IF NOT EXISTS searches (
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    canonical TEXT NOT NULL,
    version TEXT NOT NULL,
    saved TEXT NOT NULL,
    opened TEXT NOT NULL,
    PRIMARY KEY (owner, name)
) STRICT, WITHOUT ROWID;
-- What is watched of a search.
CREATE TABLE IF NOT EXISTS watches (
    number INTEGER PRIMARY KEY,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    -- The mailboxes that the owner may see, as a list in JSON; nothing for all.
    mailboxes TEXT,
    -- The version of Postern that noted all that it finds; nothing where that is still to be done, and nothing is new
    -- by then. Empty while an index is made anew.
    based TEXT,
    -- The state of the index that it was last compared with.
    state TEXT,
    UNIQUE (owner, name)
) STRICT;
-- What it ever found: digests of ids. What goes away and comes back is not new.
CREATE TABLE IF NOT EXISTS known (
    watch INTEGER NOT NULL,
    id BLOB NOT NULL,
    PRIMARY KEY (watch, id)
) STRICT, WITHOUT ROWID;
-- New hits that the owner has not seen.
CREATE TABLE IF NOT EXISTS unread (
    number INTEGER PRIMARY KEY,
    watch INTEGER NOT NULL,
    id TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS unread_of ON unread (watch, number);
-- What webhooks are told, in this order.
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    at TEXT NOT NULL,
    -- The ids of the new hits, as a list in JSON.
    hits TEXT NOT NULL
) STRICT;
-- How far each webhook has been told.
CREATE TABLE IF NOT EXISTS told (
    hook TEXT NOT NULL PRIMARY KEY,
    number INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- Searches of an earlier version are watched from now on.
INSERT INTO watches (owner, name) SELECT owner, name FROM searches WHERE true ON CONFLICT DO NOTHING;
DROP TABLE IF EXISTS seen;
PRAGMA user_version = 2;
