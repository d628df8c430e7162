-- How many messages a campaign sent since a moment, and since a fresher one, told by the newest facts (at most 2,000 are read).
SELECT coalesce(sum(json_extract(body, '$.counts.sent')), 0),
       coalesce(sum(json_extract(body, '$.counts.sent')) FILTER (WHERE at > :fresh), 0)
  FROM (SELECT topic, kind, at, body FROM event ORDER BY seq DESC LIMIT 2000)
 WHERE topic = :topic AND kind = 'deliveries.settled' AND at > :since
