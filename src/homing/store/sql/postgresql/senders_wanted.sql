-- Senders that need a holder: campaigns that send or wait for the sender's line, each of a campaign's several senders (those
-- that stand by must be watched to know that they are well), and rows that somebody (perhaps dead) holds.
SELECT sender_id FROM campaign
 WHERE state IN ('sending', 'paused', 'scheduled') AND (state = 'sending' OR reason IN ('no_connection', 'sender_down'))
   AND sender_id IS NOT NULL
 UNION
SELECT s.value::bigint FROM campaign c CROSS JOIN LATERAL json_array_elements_text(c.senders::json) AS s(value)
 WHERE c.state IN ('sending', 'paused', 'scheduled') AND (c.state = 'sending' OR c.reason IN ('no_connection', 'sender_down'))
   AND c.senders LIKE '%,%'
 UNION
SELECT DISTINCT sender_id FROM delivery WHERE state IN ('claimed', 'sending')
