-- claimed -> queued (nothing left), sending -> uncertain (bytes may have left). Fenced by the attempt that was looked at.
UPDATE delivery
   SET state = r.state, reason = coalesce(r.reason, delivery.reason), due_at = 0, epoch = 0, changed_at = :now
  FROM (SELECT json_extract(value, '$[0]') AS campaign_id, json_extract(value, '$[1]') AS seq, json_extract(value, '$[2]') AS attempt,
               json_extract(value, '$[3]') AS state, json_extract(value, '$[4]') AS reason FROM json_each(:rows)) r
 WHERE delivery.campaign_id = r.campaign_id AND delivery.seq = r.seq AND delivery.attempt = r.attempt
   AND +delivery.state IN ('claimed', 'sending')  -- the sign keeps the planner at the primary key
