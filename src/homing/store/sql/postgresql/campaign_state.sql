-- What a turn must know of a campaign: its state, and which sender may claim from which shard.
SELECT state, sender_id, holders FROM campaign WHERE id = :c
