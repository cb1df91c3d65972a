-- The second part: what the second form held, in the tables of now.
INSERT INTO facts SELECT * FROM former_facts;
INSERT INTO locations SELECT * FROM former_locations;
INSERT INTO owners (source, location, id, address, name, kind, position, empty_at)
  SELECT source, location, id, address, name, kind, position, empty_at FROM former_owners;
INSERT INTO mailboxes (number, source, location, address, id, listed_at, state, error, is_cold, gone_at)
  SELECT number, source, location, address, id, listed_at, state, error, is_cold, gone_at
  FROM former_mailboxes;
INSERT INTO folders (mailbox, id, fragment, name, path, kind, parent, gone_at)
  SELECT mailbox, id, fragment, name, path, kind, parent, gone_at FROM former_folders;
INSERT INTO windows SELECT * FROM former_windows;
INSERT INTO items (mailbox, id, fragment, folder, name, kind, created, listed, content, stale, indexed, gone_at,
  failure, may_pass) SELECT * FROM former_items;
INSERT INTO replaced SELECT * FROM former_replaced;
UPDATE mailboxes SET (known, here, failed, gone) =
  (SELECT known, here, failed, gone FROM former_mailboxes AS former WHERE former.number = mailboxes.number);
DROP TABLE former_facts;
DROP TABLE former_locations;
DROP TABLE former_owners;
DROP TABLE former_mailboxes;
DROP TABLE former_folders;
DROP TABLE former_windows;
DROP TABLE former_items;
DROP TABLE former_replaced;
