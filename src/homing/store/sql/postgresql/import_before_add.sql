-- The first state of each contact that an import changes, for undo: a later change of the same import keeps the first.
INSERT INTO import_before (import_id, contact_id, before)
SELECT (r.value ->> 0)::bigint, (r.value ->> 1)::bigint, r.value ->> 2 FROM json_array_elements(:rows::json) AS r(value)
ON CONFLICT (import_id, contact_id) DO NOTHING
