-- What single messages say: read with their claim, so that they are rendered without another look.
SELECT seq, content FROM message WHERE campaign_id = :c AND seq IN (SELECT value FROM json_each(:seqs))
