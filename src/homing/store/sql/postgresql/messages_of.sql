-- What single messages say: read with their claim, so that they are rendered without another look.
SELECT seq, content FROM message WHERE campaign_id = :c AND seq = ANY (translate(:seqs, '[]', '{}')::bigint[])
