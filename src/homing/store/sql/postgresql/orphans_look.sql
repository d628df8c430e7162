-- Rows that a dead worker held in lanes that are ours now: held under an older epoch (L7).
SELECT d.campaign_id, d.seq, d.attempt, d.state, c.state = 'cancelled', d.doubts, c.uid, c.workspace_id,
       d.attempt > 1 AND EXISTS (SELECT 1 FROM attempt a WHERE a.campaign_id = d.campaign_id AND a.seq = d.seq AND a.state = 'accepted' OFFSET 0)
  FROM lease l
  JOIN delivery d
    ON d.state IN ('claimed', 'sending') AND d.sender_id = :group::text::bigint AND d.shard = split_part(l.key, '/', 2)::int AND d.epoch < l.epoch
  JOIN campaign c ON c.id = d.campaign_id
 WHERE l.kind = 'lane' AND l."group" = :group::text AND l.owner = :me
