-- New contacts of a chunk, one a call. A key that somebody took meanwhile breaks the whole chunk: nothing is half written.
INSERT INTO contact (id, uid, workspace_id, email, phone, name, attributes, created_at, updated_at, created_by_import, changed_by_import)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
