-- The plain result: sending -> sent for the living attempt (L3). The provider's name for it stands in its attempt.
-- state || '': else a planner without statistics reads the held rows and every index entry of the campaign.
UPDATE delivery
   SET state = 'sent', epoch = 0, changed_at = :now, reason = NULL, code = NULL, words = NULL
 WHERE campaign_id = :c AND seq = ANY (translate(:seqs, '[]', '{}')::bigint[]) AND attempt = :attempt AND state || '' = 'sending'
