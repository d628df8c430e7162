-- The journal's row of a chunk, in the chunk's own transaction: its key breaks a chunk that comes twice.
INSERT INTO import_chunk (import_id, seq, cursor, n, created, updated, unchanged, conflicts, remarks)
VALUES (:import, :seq, :cursor, :n, :created, :updated, :unchanged, :conflicts, :remarks)
