-- Whether an import is still ours before a chunk of it is written: the epoch fences whoever had it before, and on PostgreSQL
-- the row is held until the end of the transaction. The columns are those of Import, in its order.
UPDATE import SET machine = :machine WHERE id = :import AND epoch = :epoch
RETURNING id, uid, workspace_id, kind, state, reason, detail, stage, actor, options, file_name, size, sha256, upload_offset, wanted,
          inline, epoch, cursor, chunks, found, report, top_contact, confirmed, request_key, machine, created_at, started_at,
          changed_at, finished_at, undo
