-- From the third form, which knew no bytes of files and no versions.
ALTER TABLE mailboxes ADD COLUMN walking_state TEXT;
ALTER TABLE items ADD COLUMN bytes TEXT;
ALTER TABLE items ADD COLUMN newest TEXT;
CREATE INDEX items_by_bytes ON items (bytes) WHERE bytes IS NOT NULL;
