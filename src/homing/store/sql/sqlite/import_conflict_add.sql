-- A row whose other address is somebody else's: the contact that it is, and the other.
INSERT INTO import_conflict (import_id, row, contact_id, other_contact) VALUES (?, ?, ?, ?) ON CONFLICT (import_id, row) DO NOTHING
