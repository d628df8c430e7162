-- New contacts of a replacing import: nobody sees them before its last transaction, which shows them and removes the others.
COPY contact (id, uid, workspace_id, email, phone, name, attributes, created_at, updated_at, created_by_import, changed_by_import, removed_at) FROM STDIN
