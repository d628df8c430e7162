-- The history of attempts, by upsert on the whole fence: an attempt that ended keeps its end, unless it was in doubt (L3, L9).
INSERT INTO attempt (campaign_id, seq, attempt, state, sender_id, worker_id, epoch, intended_at, ended_at, reason, code, words, provider_id)
SELECT :c, (value ->> 0)::bigint, (value ->> 1)::int, value ->> 2, :sender, :worker, 0, :now, :now,
       value ->> 3, value ->> 4, value ->> 5, value ->> 6
  FROM json_array_elements(:rows::json)
    ON CONFLICT (campaign_id, seq, attempt) DO UPDATE
   SET state = excluded.state, ended_at = excluded.ended_at, reason = excluded.reason, code = excluded.code,
       words = excluded.words, provider_id = excluded.provider_id
 WHERE attempt.state IN ('sending', 'uncertain')
