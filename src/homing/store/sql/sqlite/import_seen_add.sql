-- Whom a replacing import names: its last transaction removes everybody else.
INSERT INTO import_seen (import_id, contact_id) VALUES (?, ?) ON CONFLICT (import_id, contact_id) DO NOTHING
