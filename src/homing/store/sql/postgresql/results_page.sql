-- A page of recipients in the order of their positions, with how many attempts of each count.
SELECT d.seq, d.address, d.state, d.reason, d.code, d.words,
       coalesce(d.provider_id, (SELECT a.provider_id FROM attempt a WHERE a.campaign_id = :c AND a.seq = d.seq AND a.state = 'accepted' LIMIT 1)),
       d.changed_at, d.due_at, p.email, p.phone,
       (SELECT count(*) FROM attempt a
         WHERE a.campaign_id = :c AND a.seq = d.seq AND a.state IN ('sending', 'accepted', 'refused', 'uncertain', 'deferred'))
  FROM (SELECT * FROM delivery
         WHERE campaign_id = :c AND seq > :after
           AND (:state::text IS NULL OR state = :state::text) AND (:reason::text IS NULL OR reason = :reason::text)
         ORDER BY seq LIMIT :n) d
  LEFT JOIN LATERAL (SELECT email, phone FROM contact WHERE id = d.contact_id OFFSET 0) p ON true
 ORDER BY d.seq
