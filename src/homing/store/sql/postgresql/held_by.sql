-- After a commit whose fate is unknown (L6): the rows that stand as ours, to be compared with what this process knows.
SELECT d.campaign_id, c.workspace_id, c.uid, c.channel, d.seq, d.attempt, d.state
  FROM lease l
  JOIN delivery d
    ON d.state IN ('claimed', 'sending') AND d.sender_id = :group::text::bigint AND d.shard = split_part(l.key, '/', 2)::int AND d.epoch = l.epoch
  JOIN campaign c ON c.id = d.campaign_id
 WHERE l.kind = 'lane' AND l."group" = :group::text AND l.owner = :worker
