-- One history row per intent, in the intent's own transaction (L1, L4).
INSERT INTO attempt (campaign_id, seq, attempt, state, sender_id, worker_id, epoch, intended_at)
SELECT d.campaign_id, d.seq, d.attempt, 'sending', d.sender_id, :worker, d.epoch, :now
  FROM (SELECT json_extract(value, '$[0]') AS seq FROM json_each(:keys)) k
  JOIN delivery d ON d.campaign_id = :c AND d.seq = k.seq
