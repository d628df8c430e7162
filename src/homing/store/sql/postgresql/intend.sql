-- The last gate (L14): claimed -> sending for what may leave now. Only what was changed may be sent (L2).
-- Conditions: the claim is still ours (attempt; epoch of a lane that the caller holds in this transaction), the campaign is
-- sending, nobody suppressed the address or refused. One statement for all keys of one attempt number and one epoch.
-- Where nobody at all is suppressed, or nobody refused, one look tells it for all rows.
-- state || '' and + 0: else a planner without statistics walks through what this sender held, and all that it no longer holds
-- is still in that index until somebody vacuums it.
UPDATE delivery
   SET state = 'sending'
 WHERE delivery.campaign_id = :c AND delivery.seq = ANY (translate(:seqs, '[]', '{}')::bigint[]) AND delivery.attempt = :attempt
   AND delivery.state || '' = 'claimed' AND delivery.epoch = :epoch AND delivery.sender_id + 0 = :sender
   AND EXISTS (SELECT 1 FROM campaign WHERE id = :c AND state = 'sending')
   AND ((SELECT count(*) FROM (SELECT 1 FROM suppression WHERE workspace_id = :w AND channel = :channel LIMIT 1) any_of_them) = 0
        OR NOT EXISTS (SELECT 1 FROM suppression s
                        WHERE s.workspace_id = :w AND s.channel = :channel
                          AND s.address IN (delivery.address, substr(delivery.address, strpos(delivery.address, '@'))) OFFSET 0))
   AND ((SELECT count(*) FROM (SELECT 1 FROM contact WHERE workspace_id = :w
                                  AND (consent_email = 'refused' OR consent_whatsapp = 'refused') LIMIT 1) any_of_them) = 0
        OR NOT EXISTS (SELECT 1 FROM contact
                        WHERE id = delivery.contact_id
                          AND (CASE :channel::text WHEN 'email' THEN consent_email ELSE consent_whatsapp END) = 'refused' OFFSET 0))
