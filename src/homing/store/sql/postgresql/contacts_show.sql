-- The last step of a replacing import: whom it names and nobody has seen yet is there.
UPDATE contact SET removed_at = NULL, removed_by_import = NULL
 WHERE workspace_id = :w AND removed_at IS NOT NULL AND id IN (SELECT contact_id FROM import_seen WHERE import_id = :import)
