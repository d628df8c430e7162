-- Workers that have not left and were seen lately, and how many milliseconds ago by the clock that all of them share.
SELECT id, uid, host, pid, started_at, seen_at, greatest(0, coalesce(:now::bigint, (extract(epoch FROM clock_timestamp()) * 1000)::bigint) - seen_at)
  FROM worker WHERE left_at IS NULL AND seen_at > coalesce(:now::bigint, (extract(epoch FROM clock_timestamp()) * 1000)::bigint) - :fresh
 ORDER BY id
