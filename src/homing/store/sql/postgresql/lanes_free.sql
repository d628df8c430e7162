-- How many lanes of a group could be taken now, and how many of those are orphans of a worker. The clock is the database's (L20).
SELECT count(*), count(owner)
  FROM lease
 WHERE kind = :kind AND "group" = :group AND (owner IS NULL OR owner <> :me)
   AND (owner IS NULL OR until < coalesce(:now::bigint, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)
        OR owner = ANY (translate(:dead, '[]', '{}')::bigint[]))
