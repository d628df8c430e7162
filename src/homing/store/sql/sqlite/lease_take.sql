-- Takes one lease by name, or keeps it when it is ours already (same epoch).
UPDATE lease
   SET epoch = epoch + (owner IS NOT :me), steals = steals + coalesce(owner <> :me, 0),
       owner = :me, until = :now + :ttl, boot = :boot
 WHERE kind = :kind AND key = :key AND "group" = :group
   AND (owner IS NULL OR owner = :me OR until < :now OR boot <> :boot OR owner IN (SELECT value FROM json_each(:dead)))
RETURNING epoch
