-- The plain result: attempts in flight were accepted. Matched by the whole fence (L3); anything else is left to settle_attempts.
-- :ids is an object: position -> the provider's name for the message, or null.
UPDATE attempt
   SET state = 'accepted', ended_at = :now, provider_id = (SELECT :ids::jsonb) ->> seq::text
 WHERE campaign_id = :c AND seq = ANY (translate(:seqs, '[]', '{}')::bigint[]) AND attempt = :attempt AND state = 'sending'
