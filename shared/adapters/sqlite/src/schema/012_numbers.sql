-- Whole numbers for things, for clients that know no other ids. Given once, for ever.
CREATE TABLE numbers (
    id     BLOB PRIMARY KEY,
    tenant TEXT NOT NULL,
    kind   TEXT NOT NULL,
    number INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX numbers_of_kind ON numbers (tenant, kind, number);
