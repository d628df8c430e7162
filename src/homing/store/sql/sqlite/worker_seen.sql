UPDATE worker SET seen_at = :now, left_at = NULL WHERE id = :me
