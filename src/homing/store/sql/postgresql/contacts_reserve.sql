-- As many ids as :n that no contact has or ever had, in order, as runs of (first, how many): others may draw between ours.
-- The sequence is looked up once: by row that costs ten times what drawing costs.
WITH q AS MATERIALIZED (SELECT pg_get_serial_sequence('contact', 'id')::regclass AS ids)
SELECT nextval(q.ids), 1 FROM q, generate_series(1, :n::int)
