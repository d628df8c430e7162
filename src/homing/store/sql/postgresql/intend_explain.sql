-- Why a key did not come back from intend: whether the claim is still ours, and the skip reason if there is one.
SELECT k.seq, k.attempt, d.attempt = k.attempt AND d.state = 'claimed' AND d.sender_id = :sender,
       CASE WHEN EXISTS (SELECT 1 FROM suppression s
                    WHERE s.workspace_id = :w AND s.channel = :channel
                      AND s.address IN (d.address, substr(d.address, strpos(d.address, '@'))) OFFSET 0) THEN 'suppressed'
            WHEN EXISTS (SELECT 1 FROM contact
                    WHERE id = d.contact_id
                      AND (CASE :channel::text WHEN 'email' THEN consent_email ELSE consent_whatsapp END) = 'refused' OFFSET 0) THEN 'no_consent'
       END
  FROM (SELECT (value ->> 0)::bigint AS seq, (value ->> 1)::int AS attempt FROM json_array_elements(:keys::json)) k
 CROSS JOIN LATERAL (SELECT attempt, state, address, contact_id, sender_id FROM delivery WHERE campaign_id = :c AND seq = k.seq OFFSET 0) d
