-- Which of these keys the intend of this transaction has moved, when it was not all of them: in flight, and not in the history yet.
SELECT seq
  FROM delivery
 WHERE campaign_id = :c AND seq = ANY (translate(:seqs, '[]', '{}')::bigint[]) AND attempt = :attempt AND state || '' = 'sending' AND epoch = :epoch
   AND NOT EXISTS (SELECT 1 FROM attempt a
                    WHERE a.campaign_id = :c AND a.seq = delivery.seq AND a.attempt = :attempt OFFSET 0)
