-- A page of recipients in the order of their positions, with how many attempts of each count.
SELECT d.seq, d.address, d.state, d.reason, d.code, d.words, 
       coalesce(d.provider_id, (SELECT a.provider_id FROM attempt a WHERE a.campaign_id = :c AND a.seq = d.seq AND a.state = 'accepted' LIMIT 1)),
       d.changed_at, d.due_at, p.email, p.phone,
       (SELECT count(*) FROM attempt a
         WHERE a.campaign_id = :c AND a.seq = d.seq AND a.state IN ('sending', 'accepted', 'refused', 'uncertain', 'deferred'))
  FROM delivery d
  LEFT JOIN contact p ON p.id = d.contact_id
 WHERE d.campaign_id = :c AND d.seq > :after
   AND (:state IS NULL OR d.state = :state) AND (:reason IS NULL OR d.reason = :reason)
 ORDER BY d.seq LIMIT :n
