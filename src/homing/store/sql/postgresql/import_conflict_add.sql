-- A row whose other address is somebody else's: the contact that it is, and the other.
INSERT INTO import_conflict (import_id, row, contact_id, other_contact)
SELECT (r.value ->> 0)::bigint, (r.value ->> 1)::bigint, (r.value ->> 2)::bigint, (r.value ->> 3)::bigint
  FROM json_array_elements(:rows::json) AS r(value)
ON CONFLICT (import_id, row) DO NOTHING
