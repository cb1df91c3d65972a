-- From the second form, which knew no drives. The triggers would count what `INSERT` brings anew, so the
-- counts are set last.
DROP TRIGGER item_added;
DROP TRIGGER item_removed;
DROP TRIGGER item_changed;
DROP INDEX items_by_time;
DROP INDEX items_by_content;
DROP INDEX items_to_fetch;
DROP INDEX items_to_index;
ALTER TABLE facts RENAME TO former_facts;
ALTER TABLE locations RENAME TO former_locations;
ALTER TABLE owners RENAME TO former_owners;
ALTER TABLE mailboxes RENAME TO former_mailboxes;
ALTER TABLE folders RENAME TO former_folders;
ALTER TABLE windows RENAME TO former_windows;
ALTER TABLE items RENAME TO former_items;
ALTER TABLE replaced RENAME TO former_replaced;
