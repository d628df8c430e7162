-- Workers that left without a word, on whatever machine.
UPDATE worker SET left_at = seen_at WHERE left_at IS NULL AND seen_at < coalesce(:now::bigint, (extract(epoch FROM clock_timestamp()) * 1000)::bigint) - :silent
