-- The plain result: sending -> sent for the living attempt (L3). The provider's name for it stands in its attempt.
UPDATE delivery
   SET state = 'sent', changed_at = :now, reason = NULL, code = NULL, words = NULL
  FROM (SELECT json_extract(value, '$[0]') AS seq, json_extract(value, '$[1]') AS attempt FROM json_each(:rows)) r
 WHERE delivery.campaign_id = :c AND delivery.seq = r.seq AND delivery.attempt = r.attempt AND delivery.state = 'sending'
