-- Takes one lease by name, or keeps it when it is ours already (same epoch).
UPDATE lease
   SET epoch = epoch + (owner IS DISTINCT FROM :me)::int, steals = steals + coalesce(owner <> :me, false)::int,
       owner = :me, until = coalesce(:now::bigint, (extract(epoch FROM clock_timestamp()) * 1000)::bigint) + :ttl
 WHERE kind = :kind AND key = :key AND "group" = :group
   AND (owner IS NULL OR owner = :me OR until < coalesce(:now::bigint, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)
        OR owner = ANY (translate(:dead, '[]', '{}')::bigint[]))
RETURNING epoch
