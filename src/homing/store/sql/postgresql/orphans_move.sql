-- claimed -> queued (nothing left), sending -> uncertain (bytes may have left). Fenced by the attempt that was looked at.
-- state || '': as in sent_deliveries.
UPDATE delivery
   SET state = r.value ->> 3, reason = coalesce(r.value ->> 4, delivery.reason), due_at = 0, epoch = 0, changed_at = :now
  FROM json_array_elements(:rows::json) AS r(value)
 WHERE delivery.campaign_id = (r.value ->> 0)::bigint AND delivery.seq = (r.value ->> 1)::bigint
   AND delivery.attempt = (r.value ->> 2)::int
   AND delivery.state || '' IN ('claimed', 'sending')
   AND delivery.campaign_id = ANY (ARRAY (SELECT (value ->> 0)::bigint FROM json_array_elements(:rows::json)))
   AND delivery.seq = ANY (ARRAY (SELECT (value ->> 1)::bigint FROM json_array_elements(:rows::json)))
