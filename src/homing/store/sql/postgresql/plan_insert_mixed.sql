-- As plan_insert, for a campaign over both channels: each contact gets one row, with the address of the channel that it consented
-- to, else of the preferred one (:first); the other one where that may not be used.
INSERT INTO delivery (campaign_id, seq, contact_id, address, shard, state, reason, changed_at)
SELECT :c, :base + n, id, coalesce(CASE channel WHEN 'email' THEN email ELSE phone END, email, phone), (:base + n) % 16,
       CASE WHEN closed IS NULL THEN 'queued' ELSE 'skipped' END, closed, :now
  FROM (SELECT id, n, email, phone,
               CASE WHEN mail IS NULL AND chat IS NULL
                    THEN CASE WHEN consent_email = 'given' AND consent_whatsapp <> 'given' THEN 'email'
                              WHEN consent_whatsapp = 'given' AND consent_email <> 'given' THEN 'whatsapp'
                              ELSE :first::text END
                    WHEN mail IS NULL THEN 'email'
                    WHEN chat IS NULL THEN 'whatsapp'
                    WHEN (CASE :first::text WHEN 'email' THEN mail ELSE chat END) <> 'no_address' THEN :first::text
                    WHEN :first::text = 'email' THEN 'whatsapp' ELSE 'email' END AS channel,
               CASE WHEN mail IS NULL OR chat IS NULL THEN NULL
                    WHEN (CASE :first::text WHEN 'email' THEN mail ELSE chat END) <> 'no_address'
                    THEN CASE :first::text WHEN 'email' THEN mail ELSE chat END
                    ELSE CASE :first::text WHEN 'email' THEN chat ELSE mail END END AS closed
          FROM (SELECT p.id, k.n, p.email, p.phone, p.consent_email, p.consent_whatsapp,
                       CASE WHEN p.email IS NULL THEN 'no_address'
                            WHEN p.consent_email = 'refused' OR (:require_consent AND p.consent_email <> 'given') THEN 'no_consent'
                            WHEN EXISTS (SELECT 1 FROM suppression s
                                          WHERE s.workspace_id = :w AND s.channel = 'email'
                                            AND s.address IN (p.email, substr(p.email, strpos(p.email, '@')))) THEN 'suppressed'
                       END AS mail,
                       CASE WHEN p.phone IS NULL THEN 'no_address'
                            WHEN p.consent_whatsapp = 'refused' OR (:require_consent AND p.consent_whatsapp <> 'given') THEN 'no_consent'
                            WHEN EXISTS (SELECT 1 FROM suppression s
                                          WHERE s.workspace_id = :w AND s.channel = 'whatsapp' AND s.address = p.phone) THEN 'suppressed'
                       END AS chat
                  FROM unnest(translate(:contacts, '[]', '{}')::bigint[]) WITH ORDINALITY AS k(id, n)
                 CROSS JOIN LATERAL (SELECT id, email, phone, consent_email, consent_whatsapp FROM contact WHERE id = k.id OFFSET 0) p) page) ways
 ORDER BY n
