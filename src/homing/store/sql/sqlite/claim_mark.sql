-- queued -> claimed: a new attempt number, the lane's epoch and the sender are stamped. Nothing has left, so no flush is needed.
UPDATE delivery
   SET state = 'claimed', attempt = attempt + 1, epoch = r.epoch, sender_id = :sender
  FROM (SELECT json_extract(value, '$[0]') AS seq, json_extract(value, '$[1]') AS epoch FROM json_each(:rows)) r
 WHERE delivery.campaign_id = :c AND delivery.seq = r.seq AND delivery.state = 'queued'
