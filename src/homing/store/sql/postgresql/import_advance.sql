-- The place behind a chunk and what the report says with it, in the chunk's own transaction (L13).
UPDATE import SET report = :report, cursor = :cursor, chunks = :seq, changed_at = :now WHERE id = :import
