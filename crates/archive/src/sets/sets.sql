CREATE TABLE IF NOT EXISTS sets (
    name TEXT PRIMARY KEY,
    query TEXT NOT NULL,
    canonical TEXT NOT NULL,
    zone TEXT NOT NULL,
    taken TEXT NOT NULL,
    taken_by TEXT NOT NULL,
    indexed INTEGER NOT NULL,
    known INTEGER NOT NULL,
    as_of TEXT,
    note TEXT,
    -- Since when its messages are held.
    held TEXT
) STRICT, WITHOUT ROWID;
-- The messages of each set, with a row for each place that they lay in when it was made.
CREATE TABLE IF NOT EXISTS members (
    name TEXT NOT NULL,
    id TEXT NOT NULL,
    place INTEGER NOT NULL,
    mailbox TEXT,
    folder TEXT,
    source TEXT,
    item TEXT,
    fragment TEXT,
    is_read INTEGER,
    is_flagged INTEGER,
    is_replied INTEGER,
    is_draft INTEGER,
    PRIMARY KEY (name, id, place)
) STRICT, WITHOUT ROWID;
-- The messages of held sets that are held, with the places that they lay in then.
CREATE TABLE IF NOT EXISTS held (
    name TEXT NOT NULL,
    id TEXT NOT NULL,
    place INTEGER NOT NULL,
    mailbox TEXT,
    folder TEXT,
    source TEXT,
    item TEXT,
    fragment TEXT,
    is_read INTEGER,
    is_flagged INTEGER,
    is_replied INTEGER,
    is_draft INTEGER,
    PRIMARY KEY (name, id, place)
) STRICT, WITHOUT ROWID;
-- The messages of held sets that could not be held, and why.
CREATE TABLE IF NOT EXISTS not_held (
    name TEXT NOT NULL,
    id TEXT NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (name, id)
) STRICT, WITHOUT ROWID;
PRAGMA user_version = 1;
