-- An orderly good-bye: free for everybody at once, and no orphan (owner is forgotten).
UPDATE lease
   SET owner = NULL, until = 0
 WHERE owner = :me AND kind = :kind AND key = ANY (ARRAY (SELECT json_array_elements_text(:keys::json)))
