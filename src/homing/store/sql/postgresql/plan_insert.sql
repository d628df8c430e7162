-- Freezes one page of contacts into deliveries: positions go on from :base in the order of the list, suppression and consent are
-- applied, skipped rows say why. Every id of the list is a contact of the workspace (plan_keep).
INSERT INTO delivery (campaign_id, seq, contact_id, address, shard, state, reason, changed_at)
SELECT :c, :base + n, id, coalesce(address, ''), (:base + n) % 16, CASE WHEN reason IS NULL THEN 'queued' ELSE 'skipped' END, reason, :now
  FROM (SELECT p.id, k.n, CASE :channel::text WHEN 'email' THEN p.email ELSE p.phone END AS address,
               CASE WHEN (CASE :channel::text WHEN 'email' THEN p.email ELSE p.phone END) IS NULL THEN 'no_address'
                    WHEN (CASE :channel::text WHEN 'email' THEN p.consent_email ELSE p.consent_whatsapp END) = 'refused' THEN 'no_consent'
                    WHEN :require_consent AND (CASE :channel::text WHEN 'email' THEN p.consent_email ELSE p.consent_whatsapp END) <> 'given' THEN 'no_consent'
                    WHEN EXISTS (SELECT 1 FROM suppression s
                                  WHERE s.workspace_id = :w AND s.channel = :channel
                                    AND s.address IN (CASE :channel::text WHEN 'email' THEN p.email ELSE p.phone END,
                                                      substr(p.email, strpos(p.email, '@'))) OFFSET 0) THEN 'suppressed'
               END AS reason
          FROM unnest(translate(:contacts, '[]', '{}')::bigint[]) WITH ORDINALITY AS k(id, n)
         CROSS JOIN LATERAL (SELECT id, email, phone, consent_email, consent_whatsapp FROM contact WHERE id = k.id OFFSET 0) p) page
 ORDER BY n
