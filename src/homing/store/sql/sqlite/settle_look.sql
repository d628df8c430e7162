-- What the rows say before news about attempts is written: one point look-up per key, twice.
SELECT k.seq, k.attempt, d.attempt, d.state, d.doubts, a.state,
       d.attempt > 1 AND EXISTS (SELECT 1 FROM attempt o
                                  WHERE o.campaign_id = :c AND o.seq = d.seq AND o.attempt <> k.attempt AND o.state = 'accepted')
  FROM (SELECT json_extract(value, '$[0]') AS seq, json_extract(value, '$[1]') AS attempt FROM json_each(:keys)) k
  JOIN delivery d ON d.campaign_id = :c AND d.seq = k.seq
  LEFT JOIN attempt a ON a.campaign_id = :c AND a.seq = k.seq AND a.attempt = k.attempt
