-- The plain result: attempts in flight were accepted. Matched by the whole fence (L3); anything else is left to settle_attempts.
UPDATE attempt
   SET state = 'accepted', ended_at = :now, provider_id = r.provider_id
  FROM (SELECT json_extract(value, '$[0]') AS seq, json_extract(value, '$[1]') AS attempt, json_extract(value, '$[2]') AS provider_id
          FROM json_each(:rows)) r
 WHERE attempt.campaign_id = :c AND attempt.seq = r.seq AND attempt.attempt = r.attempt AND attempt.state = 'sending'
