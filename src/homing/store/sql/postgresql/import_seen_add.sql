-- Whom a replacing import names: its last transaction removes everybody else.
INSERT INTO import_seen (import_id, contact_id)
SELECT (r.value ->> 0)::bigint, (r.value ->> 1)::bigint FROM json_array_elements(:rows::json) AS r(value)
ON CONFLICT (import_id, contact_id) DO NOTHING
