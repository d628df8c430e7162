-- Moves deliveries, each fenced by the attempt number that was looked at in this transaction (L3).
-- Columns of a row: seq, fence expected, fence written, doubts, state, reason, code, words, provider id, due, charged, tried, own.
UPDATE delivery
   SET state = r.state,
       attempt = r.written,
       epoch = CASE r.state WHEN 'claimed' THEN delivery.epoch WHEN 'sending' THEN delivery.epoch ELSE 0 END,
       doubts = doubts + r.doubted,
       reason = CASE WHEN r.own = 1 THEN r.reason ELSE delivery.reason END,
       code = CASE WHEN r.own = 1 THEN r.code ELSE delivery.code END,
       words = CASE WHEN r.own = 1 THEN r.words ELSE delivery.words END,
       provider_id = coalesce(r.provider_id, delivery.provider_id),
       due_at = CASE WHEN r.own = 1 THEN r.due ELSE delivery.due_at END,
       tries = tries + r.charged,
       first_tried_at = CASE WHEN r.tried = 1 THEN coalesce(delivery.first_tried_at, :now) ELSE delivery.first_tried_at END,
       changed_at = :now
  FROM (SELECT (value ->> 0)::bigint AS seq, (value ->> 1)::int AS expected, (value ->> 2)::int AS written,
               (value ->> 3)::int AS doubted, value ->> 4 AS state, value ->> 5 AS reason, value ->> 6 AS code, value ->> 7 AS words,
               value ->> 8 AS provider_id, (value ->> 9)::bigint AS due, (value ->> 10)::int AS charged, (value ->> 11)::int AS tried,
               (value ->> 12)::int AS own
          FROM json_array_elements(:rows::json)) r
 WHERE delivery.campaign_id = :c AND delivery.seq = r.seq AND delivery.attempt = r.expected
   AND delivery.seq = ANY (ARRAY (SELECT (value ->> 0)::bigint FROM json_array_elements(:rows::json)))
