-- How many lanes of a group could be taken now, and how many of those are orphans of a worker.
SELECT count(*), coalesce(sum(owner IS NOT NULL), 0)
  FROM lease
 WHERE kind = :kind AND "group" = :group AND (owner IS NULL OR owner <> :me)
   AND (owner IS NULL OR until < :now OR boot <> :boot OR owner IN (SELECT value FROM json_each(:dead)))
