-- One history row per intent, in the intent's own transaction (L1, L4).
INSERT INTO attempt (campaign_id, seq, attempt, state, sender_id, worker_id, epoch, intended_at)
SELECT :c, value, :attempt, 'sending', :sender, :worker, :epoch, :now
  FROM unnest(translate(:seqs, '[]', '{}')::bigint[]) AS s(value)
