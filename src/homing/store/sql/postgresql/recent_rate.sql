-- How many messages a campaign sent since a moment, and since a fresher one, told by the newest facts (at most 2,000 are read).
SELECT coalesce(sum((body::json #>> '{counts,sent}')::bigint), 0)::bigint,
       coalesce(sum((body::json #>> '{counts,sent}')::bigint) FILTER (WHERE at > :fresh), 0)::bigint
  FROM (SELECT topic, kind, at, body FROM event ORDER BY seq DESC LIMIT 2000) newest
 WHERE topic = :topic AND kind = 'deliveries.settled' AND at > :since
