-- Intents whose commit was of unknown fate and that landed after all (L6): in flight, or in doubt since somebody took the lanes.
SELECT a.campaign_id, c.workspace_id, c.uid, c.channel, a.seq, a.attempt, 'sending'
  FROM (SELECT (value ->> 0)::bigint AS campaign_id, (value ->> 1)::bigint AS seq, (value ->> 2)::int AS attempt
          FROM json_array_elements(:keys::json)) k
 CROSS JOIN LATERAL (SELECT campaign_id, seq, attempt FROM attempt
                      WHERE campaign_id = k.campaign_id AND seq = k.seq AND attempt = k.attempt
                        AND state IN ('sending', 'uncertain') OFFSET 0) a
  JOIN campaign c ON c.id = a.campaign_id
