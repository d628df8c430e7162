-- Moves deliveries, each fenced by the attempt number that was looked at in this transaction (L3).
-- Columns of a row: seq, fence expected, fence written, doubts, state, reason, code, words, provider id, due, charged, tried, own.
UPDATE delivery
   SET state = r.state,
       attempt = r.written,
       epoch = CASE r.state WHEN 'claimed' THEN delivery.epoch WHEN 'sending' THEN delivery.epoch ELSE 0 END,
       doubts = doubts + r.doubted,
       reason = CASE WHEN r.own THEN r.reason ELSE delivery.reason END,
       code = CASE WHEN r.own THEN r.code ELSE delivery.code END,
       words = CASE WHEN r.own THEN r.words ELSE delivery.words END,
       provider_id = coalesce(r.provider_id, delivery.provider_id),
       due_at = CASE WHEN r.own THEN r.due ELSE delivery.due_at END,
       tries = tries + r.charged,
       first_tried_at = CASE WHEN r.tried THEN coalesce(delivery.first_tried_at, :now) ELSE delivery.first_tried_at END,
       changed_at = :now
  FROM (SELECT json_extract(value, '$[0]') AS seq, json_extract(value, '$[1]') AS expected, json_extract(value, '$[2]') AS written,
               json_extract(value, '$[3]') AS doubted, json_extract(value, '$[4]') AS state, json_extract(value, '$[5]') AS reason,
               json_extract(value, '$[6]') AS code, json_extract(value, '$[7]') AS words, json_extract(value, '$[8]') AS provider_id,
               json_extract(value, '$[9]') AS due, json_extract(value, '$[10]') AS charged, json_extract(value, '$[11]') AS tried,
               json_extract(value, '$[12]') AS own
          FROM json_each(:rows)) r
 WHERE delivery.campaign_id = :c AND delivery.seq = r.seq AND delivery.attempt = r.expected
