-- TAKE: lanes whose lease ran out, was never held, is of an earlier boot, or whose owner is known to be dead. Orphans first.
UPDATE lease
   SET owner = :me, epoch = epoch + 1, steals = steals + (owner IS NOT NULL), until = :now + :ttl, boot = :boot
 WHERE (kind, key) IN (SELECT kind, key FROM lease
                        WHERE kind = :kind AND "group" = :group AND (owner IS NULL OR owner <> :me)
                          AND (owner IS NULL OR until < :now OR boot <> :boot OR owner IN (SELECT value FROM json_each(:dead)))
                        ORDER BY owner IS NULL, until LIMIT :n)
RETURNING key, epoch
