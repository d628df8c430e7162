-- TAKE: lanes whose lease ran out, was never held, or whose owner is known to be dead. Orphans first.
-- What another worker is just taking, or a frozen one still holds in a transaction, is left alone.
WITH free AS (
    SELECT kind, key FROM lease
     WHERE kind = :kind AND "group" = :group AND (owner IS NULL OR owner <> :me)
       AND (owner IS NULL OR until < coalesce(:now::bigint, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)
            OR owner = ANY (translate(:dead, '[]', '{}')::bigint[]))
     ORDER BY owner IS NULL, until LIMIT :n FOR UPDATE SKIP LOCKED)
UPDATE lease
   SET owner = :me, epoch = epoch + 1, steals = steals + (owner IS NOT NULL)::int,
       until = coalesce(:now::bigint, (extract(epoch FROM clock_timestamp()) * 1000)::bigint) + :ttl
  FROM free
 WHERE lease.kind = free.kind AND lease.key = free.key
RETURNING lease.key, lease.epoch
