-- Rows that a dead worker held in lanes that are ours now: held under an older epoch (L7).
SELECT d.campaign_id, d.seq, d.attempt, d.state, c.state = 'cancelled', d.doubts, c.uid, c.workspace_id,
       d.attempt > 1 AND EXISTS (SELECT 1 FROM attempt a WHERE a.campaign_id = d.campaign_id AND a.seq = d.seq AND a.state = 'accepted')
  FROM lease l
  JOIN delivery d INDEXED BY ix_delivery_held
    ON d.epoch > 0 AND d.state IN ('claimed', 'sending') AND d.sender_id = CAST(l."group" AS INTEGER)
   AND d.shard = CAST(substr(l.key, instr(l.key, '/') + 1) AS INTEGER) AND d.epoch < l.epoch
  JOIN campaign c ON c.id = d.campaign_id
 WHERE l.kind = 'lane' AND l."group" = :group AND l.owner = :me
