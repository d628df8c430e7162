-- As many ids as :n that no contact has or ever had, in order; the writer's lock keeps them ours until they are inserted.
WITH RECURSIVE next(id, n) AS (
  SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'contact'), 0) + 1, 1 UNION ALL SELECT id + 1, n + 1 FROM next WHERE n < :n)
SELECT id FROM next
