-- What is known of files. Their bytes lie in the blob store, under the same id.
CREATE TABLE files (
    id          BLOB PRIMARY KEY,
    tenant      TEXT NOT NULL,
    owner       BLOB NOT NULL,
    name        TEXT NOT NULL,
    media_type  TEXT NOT NULL,
    bytes       INTEGER NOT NULL DEFAULT 0,
    sha256      BLOB NOT NULL DEFAULT (zeroblob(32)),
    state       TEXT NOT NULL, -- uploading, ready, removing
    created_at  INTEGER NOT NULL,
    loose_since INTEGER -- null while a message refers to it
) STRICT, WITHOUT ROWID;
CREATE INDEX files_loose ON files (loose_since) WHERE loose_since IS NOT NULL;

-- Which messages refer to which files.
CREATE TABLE file_links (
    file     BLOB NOT NULL,
    message  BLOB NOT NULL,
    room     BLOB NOT NULL,
    check_at INTEGER NOT NULL, -- when it is looked at again
    PRIMARY KEY (file, message)
) STRICT, WITHOUT ROWID;
CREATE INDEX file_links_message ON file_links (message);
CREATE INDEX file_links_due ON file_links (check_at);
