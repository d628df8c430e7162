-- What the rows say before news about attempts is written: one point look-up per key, twice. The rows are held (lock_news).
SELECT k.seq, k.attempt, d.attempt, d.state, d.doubts, a.state,
       d.attempt > 1 AND EXISTS (SELECT 1 FROM attempt o
                                  WHERE o.campaign_id = :c AND o.seq = d.seq AND o.attempt <> k.attempt AND o.state = 'accepted' OFFSET 0)
  FROM (SELECT (value ->> 0)::bigint AS seq, (value ->> 1)::int AS attempt FROM json_array_elements(:keys::json)) k
 CROSS JOIN LATERAL (SELECT seq, attempt, state, doubts FROM delivery WHERE campaign_id = :c AND seq = k.seq OFFSET 0) d
  LEFT JOIN LATERAL (SELECT state FROM attempt WHERE campaign_id = :c AND seq = k.seq AND attempt = k.attempt OFFSET 0) a ON true
