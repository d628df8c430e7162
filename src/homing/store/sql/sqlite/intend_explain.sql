-- Why a key did not come back from intend: whether the claim is still ours, and the skip reason if there is one.
SELECT k.seq, k.attempt, d.attempt = k.attempt AND d.state = 'claimed' AND d.sender_id = :sender,
       CASE WHEN EXISTS (SELECT 1 FROM suppression s
                          WHERE s.workspace_id = :w AND s.channel = :channel
                            AND s.address IN (d.address, substr(d.address, instr(d.address, '@')))) THEN 'suppressed'
            WHEN EXISTS (SELECT 1 FROM contact
                          WHERE id = d.contact_id
                            AND (CASE :channel WHEN 'email' THEN consent_email ELSE consent_whatsapp END) = 'refused') THEN 'no_consent'
       END
  FROM (SELECT json_extract(value, '$[0]') AS seq, json_extract(value, '$[1]') AS attempt FROM json_each(:keys)) k
  JOIN delivery d ON d.campaign_id = :c AND d.seq = k.seq
