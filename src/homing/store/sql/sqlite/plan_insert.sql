-- Freezes one page of contacts into deliveries: positions go on from :base, suppression and consent are applied, skipped rows say why.
INSERT INTO delivery (campaign_id, seq, contact_id, address, shard, state, reason, changed_at)
SELECT :c, :base + n, id, address, (:base + n) % 16, CASE WHEN reason IS NULL THEN 'queued' ELSE 'skipped' END, reason, :now
  FROM (SELECT p.id, row_number() OVER (ORDER BY p.id) AS n,
               coalesce(CASE :channel WHEN 'email' THEN p.email ELSE p.phone END, '') AS address,
               CASE WHEN (CASE :channel WHEN 'email' THEN p.email ELSE p.phone END) IS NULL THEN 'no_address'
                    WHEN (CASE :channel WHEN 'email' THEN p.consent_email ELSE p.consent_whatsapp END) = 'refused' THEN 'no_consent'
                    WHEN :require_consent AND (CASE :channel WHEN 'email' THEN p.consent_email ELSE p.consent_whatsapp END) <> 'given'
                    THEN 'no_consent'
                    WHEN EXISTS (SELECT 1 FROM suppression s
                                  WHERE s.workspace_id = :w AND s.channel = :channel
                                    AND s.address IN (CASE :channel WHEN 'email' THEN p.email ELSE p.phone END,
                                                      substr(p.email, instr(p.email, '@')))) THEN 'suppressed'
               END AS reason
          FROM contact p
         WHERE p.workspace_id = :w AND p.id IN (SELECT value FROM json_each(:contacts))
           AND NOT EXISTS (SELECT 1 FROM list_member m
                            WHERE m.list_id IN (SELECT value FROM json_each(:excluded)) AND m.contact_id = p.id))
 ORDER BY n
