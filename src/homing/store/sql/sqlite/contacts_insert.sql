-- New contacts of a chunk. A key that somebody took meanwhile breaks the whole chunk: nothing is half written.
INSERT INTO contact (uid, workspace_id, email, phone, name, attributes, created_at, updated_at)
SELECT json_extract(r.value, '$[0]'), :w, json_extract(r.value, '$[1]'), json_extract(r.value, '$[2]'),
       json_extract(r.value, '$[3]'), json_extract(r.value, '$[4]'), :now, :now
  FROM json_each(:rows) AS r
RETURNING id
