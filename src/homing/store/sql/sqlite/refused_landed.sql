-- Intents whose commit was of unknown fate and that landed after all (L6): in flight, or in doubt since somebody took the lanes.
SELECT a.campaign_id, c.workspace_id, c.uid, c.channel, a.seq, a.attempt, 'sending'
  FROM (SELECT json_extract(value, '$[0]') AS campaign_id, json_extract(value, '$[1]') AS seq, json_extract(value, '$[2]') AS attempt
          FROM json_each(:keys)) k
  JOIN attempt a ON a.campaign_id = k.campaign_id AND a.seq = k.seq AND a.attempt = k.attempt AND a.state IN ('sending', 'uncertain')
  JOIN campaign c ON c.id = a.campaign_id
