-- The history says the same: those attempts are in doubt until evidence or a person speaks.
UPDATE attempt
   SET state = 'uncertain', ended_at = :now, reason = 'worker_died'
  FROM (SELECT json_extract(value, '$[0]') AS campaign_id, json_extract(value, '$[1]') AS seq, json_extract(value, '$[2]') AS attempt
          FROM json_each(:rows)) r
 WHERE attempt.campaign_id = r.campaign_id AND attempt.seq = r.seq AND attempt.attempt = r.attempt AND attempt.state = 'sending'
