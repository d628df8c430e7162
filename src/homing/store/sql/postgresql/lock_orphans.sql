-- Holds the rows that a dead worker held in lanes that are ours now, before they are looked at: it may not be dead.
SELECT 1
  FROM lease l
  JOIN delivery d
    ON d.state IN ('claimed', 'sending') AND d.sender_id = :group::text::bigint AND d.shard = split_part(l.key, '/', 2)::int AND d.epoch < l.epoch
 WHERE l.kind = 'lane' AND l."group" = :group::text AND l.owner = :me
 ORDER BY d.campaign_id, d.seq FOR NO KEY UPDATE OF d
