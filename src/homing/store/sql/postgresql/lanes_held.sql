-- The lanes of one sender that this worker holds now: shard -> epoch, as one value. FOR SHARE: nobody can take one until COMMIT.
-- And the timeline: behind a pooler only this says that another copy of the ledger answers (store/lineage.py).
SELECT coalesce(json_object_agg(split_part(key, '/', 2), epoch), '{}')::text, left(pg_walfile_name(pg_current_wal_lsn()), 8)
  FROM (SELECT key, epoch FROM lease WHERE kind = 'lane' AND "group" = :group AND owner = :worker ORDER BY key FOR SHARE) l
