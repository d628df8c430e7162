-- The lanes of one sender that this worker holds now: shard -> epoch, as one value. FOR SHARE: nobody can take one until COMMIT.
SELECT coalesce(json_object_agg(split_part(key, '/', 2), epoch), '{}')::text
  FROM (SELECT key, epoch FROM lease WHERE kind = 'lane' AND "group" = :group AND owner = :worker ORDER BY key FOR SHARE) l
