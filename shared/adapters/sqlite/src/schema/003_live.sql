-- When people were there last: written when somebody goes offline.
CREATE TABLE sightings (
    user BLOB NOT NULL PRIMARY KEY,
    at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
