-- The second part: what the first form held, in the tables of now.
INSERT INTO facts SELECT
  CASE WHEN name IN ('finished', 'error') THEN 'datatap ' || name ELSE name END, value FROM former_facts;
INSERT INTO locations SELECT 'datatap', id, kind, name, position FROM former_locations;
INSERT INTO owners (source, location, id, address, name, kind, position)
  SELECT 'datatap', location, id, address, name, kind, position FROM former_sources;
INSERT INTO mailboxes (number, source, location, address, id, listed_at, error)
  SELECT number, 'datatap', location, address, source, listed_at, error FROM former_mailboxes;
INSERT INTO folders (mailbox, id, fragment, name, path, kind, parent, gone_at)
  SELECT mailbox, id, fragment, name, path, kind, parent, gone_at FROM former_folders;
INSERT INTO windows SELECT * FROM former_windows;
INSERT INTO items (mailbox, id, fragment, folder, name, kind, created, content, indexed, gone_at, failure, may_pass)
  SELECT mailbox, id, fragment, folder, name, kind, created, content, indexed, gone_at, failure, may_pass
  FROM former_items;
UPDATE mailboxes SET (known, here, failed, gone) =
  (SELECT known, here, failed, gone FROM former_mailboxes AS former WHERE former.number = mailboxes.number);
DROP TABLE former_facts;
DROP TABLE former_locations;
DROP TABLE former_sources;
DROP TABLE former_mailboxes;
DROP TABLE former_folders;
DROP TABLE former_windows;
DROP TABLE former_items;
