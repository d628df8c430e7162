-- The plain result: attempts in flight were accepted. Matched by the whole fence (L3); anything else is left to settle_attempts.
-- :ids is an object: position -> the provider's name for the message, or null.
UPDATE attempt
   SET state = 'accepted', ended_at = :now, provider_id = named.value
  FROM json_each(:ids) named
 WHERE campaign_id = :c AND seq = CAST(named.key AS INTEGER) AND attempt = :attempt AND state = 'sending'
