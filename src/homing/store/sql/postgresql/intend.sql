-- The last gate (L14): claimed -> sending for what may leave now. Only what was changed may be sent (L2).
-- Conditions: the claim is still ours (attempt; epoch of a lane that the caller holds in this transaction), the campaign is
-- sending, nobody suppressed the address or refused. One statement for all keys of one attempt number and one epoch.
UPDATE delivery
   SET state = 'sending'
 WHERE delivery.campaign_id = :c AND delivery.seq = ANY (translate(:seqs, '[]', '{}')::bigint[]) AND delivery.attempt = :attempt
   AND delivery.state = 'claimed' AND delivery.epoch = :epoch AND delivery.sender_id = :sender
   AND EXISTS (SELECT 1 FROM campaign WHERE id = :c AND state = 'sending')
   AND NOT EXISTS (SELECT 1 FROM suppression s
                    WHERE s.workspace_id = :w AND s.channel = :channel
                      AND s.address IN (delivery.address, substr(delivery.address, strpos(delivery.address, '@'))) OFFSET 0)
   AND NOT EXISTS (SELECT 1 FROM contact
                    WHERE id = delivery.contact_id
                      AND (CASE :channel::text WHEN 'email' THEN consent_email ELSE consent_whatsapp END) = 'refused' OFFSET 0)
