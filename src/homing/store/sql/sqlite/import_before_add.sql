-- The first state of each contact that an import changes, for undo: a later change of the same import keeps the first.
INSERT INTO import_before (import_id, contact_id, before) VALUES (?, ?, ?) ON CONFLICT (import_id, contact_id) DO NOTHING
