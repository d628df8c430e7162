-- The history of attempts, by upsert on the whole fence: an attempt that ended keeps its end, unless it was in doubt (L3, L9).
INSERT INTO attempt (campaign_id, seq, attempt, state, sender_id, worker_id, epoch, intended_at, ended_at, reason, code, words, provider_id)
SELECT :c, json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'), :sender, :worker, 0, :now, :now,
       json_extract(value, '$[3]'), json_extract(value, '$[4]'), json_extract(value, '$[5]'), json_extract(value, '$[6]')
  FROM json_each(:rows) WHERE true
    ON CONFLICT (campaign_id, seq, attempt) DO UPDATE
   SET state = excluded.state, ended_at = excluded.ended_at, reason = excluded.reason, code = excluded.code,
       words = excluded.words, provider_id = excluded.provider_id
 WHERE attempt.state IN ('sending', 'uncertain')
