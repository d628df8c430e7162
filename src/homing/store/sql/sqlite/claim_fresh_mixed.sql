-- As claim_fresh, of a campaign over both channels: the other channel's rows at these positions are left alone.
-- They come as one JSON list: a row that is fetched alone costs a hand-over between the threads of the process.
-- Attributes that are no JSON in SQLite's eyes (NaN, or a foreign hand's) come as text, and with :plain all of them do.
SELECT coalesce(json_group_array(json_array(d.seq, d.attempt + 1, d.shard, d.contact_id, d.address, d.tries, d.first_tried_at,
                                            coalesce(p.name, ''), json(CASE WHEN NOT :plain AND json_valid(p.attributes) THEN p.attributes
                                                      ELSE json_quote(CAST(coalesce(p.attributes, '{}') AS TEXT)) END))), '[]')
  FROM json_each(:seqs) s
  JOIN delivery d ON d.campaign_id = :c AND d.seq = s.value
  LEFT JOIN contact p ON p.id = d.contact_id
 WHERE d.state = 'queued' AND d.attempt = 0 AND (instr(d.address, '@') > 0) = (:channel = 'email')
   AND EXISTS (SELECT 1 FROM campaign WHERE id = :c AND state = 'sending' AND (canary_through IS NULL OR d.seq <= canary_through))
