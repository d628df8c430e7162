-- New contacts of a chunk. A key that somebody took meanwhile breaks the whole chunk: nothing is half written.
COPY contact (id, uid, workspace_id, email, phone, name, attributes, created_at, updated_at, created_by_import, changed_by_import) FROM STDIN
