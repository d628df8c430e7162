-- After a commit whose fate is unknown (L6): the rows that stand as ours, to be compared with what this process knows.
SELECT d.campaign_id, c.workspace_id, c.uid, c.channel, d.seq, d.attempt, d.state
  FROM lease l
  JOIN delivery d INDEXED BY ix_delivery_held
    ON d.epoch > 0 AND d.state IN ('claimed', 'sending') AND d.sender_id = CAST(l."group" AS INTEGER)
   AND d.shard = CAST(substr(l.key, instr(l.key, '/') + 1) AS INTEGER) AND d.epoch = l.epoch
  JOIN campaign c ON c.id = d.campaign_id
 WHERE l.kind = 'lane' AND l."group" = :group AND l.owner = :worker
