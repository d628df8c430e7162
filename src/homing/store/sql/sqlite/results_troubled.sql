-- As results_page, for failed, uncertain and bounced rows: read from their index, however large the campaign is.
SELECT d.seq, d.address, d.state, d.reason, d.code, d.words, 
       coalesce(d.provider_id, (SELECT a.provider_id FROM attempt a WHERE a.campaign_id = :c AND a.seq = d.seq AND a.state = 'accepted' LIMIT 1)),
       d.changed_at, d.due_at, p.email, p.phone,
       (SELECT count(*) FROM attempt a
         WHERE a.campaign_id = :c AND a.seq = d.seq AND a.state IN ('sending', 'accepted', 'refused', 'uncertain', 'deferred'))
  FROM (SELECT seq FROM delivery INDEXED BY ix_delivery_troubled
         WHERE campaign_id = :c AND state = :state AND (state = 'failed' OR state = 'uncertain' OR state = 'bounced') AND seq > :after
         ORDER BY seq) t
  JOIN delivery d ON d.campaign_id = :c AND d.seq = t.seq
  LEFT JOIN contact p ON p.id = d.contact_id
 WHERE :reason IS NULL OR d.reason = :reason
 ORDER BY d.seq LIMIT :n
