-- Version 4: which components a generation uses, so that a component is deleted
-- with the last generation that uses it; and the highest number of a generation,
-- which is not used again when that generation is deleted.
CREATE TABLE generation_use (
    company INTEGER NOT NULL REFERENCES company (id),
    number  INTEGER NOT NULL,
    digest  BLOB NOT NULL,
    PRIMARY KEY (company, number, digest)
) STRICT, WITHOUT ROWID;

CREATE INDEX generation_use_digest ON generation_use (digest);

ALTER TABLE company ADD COLUMN newest_generation INTEGER NOT NULL DEFAULT 0;

UPDATE company
SET newest_generation = coalesce(
    (SELECT max(number) FROM generation WHERE generation.company = company.id), 0
);

-- Sources are JSON documents, which name each component `sha256:` and 64 digits.
INSERT OR IGNORE INTO generation_use (company, number, digest)
SELECT g.company, g.number, unhex(substr(json_extract(p.value, '$.component'), 8))
FROM generation g,
    json_each(
        CASE WHEN json_valid(CAST(g.source AS TEXT)) THEN CAST(g.source AS TEXT) ELSE '{}' END,
        '$.packs'
    ) p
WHERE unhex(substr(json_extract(p.value, '$.component'), 8)) IS NOT NULL;
