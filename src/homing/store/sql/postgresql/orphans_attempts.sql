-- The history says the same: those attempts are in doubt until evidence or a person speaks.
UPDATE attempt
   SET state = 'uncertain', ended_at = :now, reason = 'worker_died'
  FROM json_array_elements(:rows::json) AS r(value)
 WHERE attempt.campaign_id = (r.value ->> 0)::bigint AND attempt.seq = (r.value ->> 1)::bigint
   AND attempt.attempt = (r.value ->> 2)::int AND attempt.state = 'sending'
   AND attempt.campaign_id = ANY (ARRAY (SELECT (value ->> 0)::bigint FROM json_array_elements(:rows::json)))
   AND attempt.seq = ANY (ARRAY (SELECT (value ->> 1)::bigint FROM json_array_elements(:rows::json)))
