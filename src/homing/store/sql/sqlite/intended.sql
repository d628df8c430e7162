-- Which of these keys the intend of this transaction has moved, when it was not all of them.
SELECT seq
  FROM delivery
 WHERE campaign_id = :c AND seq IN (SELECT value FROM json_each(:seqs)) AND attempt = :attempt AND state = 'sending' AND epoch = :epoch
