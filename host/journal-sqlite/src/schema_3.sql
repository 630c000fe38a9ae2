-- Version 3: a stored generation holds no cases of its packs, which may hold what
-- customers wrote. Earlier versions stored them.
UPDATE generation
SET source = CAST(
    json_set(
        CAST(source AS TEXT),
        '$.packs',
        -- A subquery may return its JSON as plain text.
        json((
            SELECT json_group_object(key, json(json_remove(value, '$.cases')))
            FROM json_each(CAST(source AS TEXT), '$.packs')
        ))
    ) AS BLOB
)
WHERE CASE
    WHEN json_valid(CAST(source AS TEXT))
    THEN json_type(CAST(source AS TEXT), '$.packs') = 'object'
END;
