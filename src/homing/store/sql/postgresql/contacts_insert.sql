-- New contacts of a chunk. A key that somebody took meanwhile breaks the whole chunk: nothing is half written.
INSERT INTO contact (uid, workspace_id, email, phone, name, attributes, created_at, updated_at)
SELECT r.value ->> 0, :w, r.value ->> 1, r.value ->> 2, r.value ->> 3, (r.value -> 4)::text, :now, :now
  FROM json_array_elements(:rows::json) AS r(value)
RETURNING id
