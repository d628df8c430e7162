-- Workers that have not left; whether their process lives is told by their lock files, not by :fresh.
SELECT id, uid, host, pid, started_at, seen_at, max(0, :now - seen_at)
  FROM worker WHERE left_at IS NULL OR :fresh < 0
 ORDER BY id
