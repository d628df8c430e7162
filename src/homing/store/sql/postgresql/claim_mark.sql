-- queued -> claimed: a new attempt number, the lane's epoch and the sender are stamped. Nothing has left, so no flush is needed.
-- state || '': as in sent_deliveries.
UPDATE delivery
   SET state = 'claimed', attempt = attempt + 1, epoch = :epoch, sender_id = :sender
 WHERE campaign_id = :c AND seq = ANY (translate(:seqs, '[]', '{}')::bigint[]) AND state || '' = 'queued'
