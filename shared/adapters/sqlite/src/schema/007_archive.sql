-- What runs found and did, room by room. A run's own record keeps the sums, and the room at work.
CREATE TABLE run_rooms (
    run  BLOB NOT NULL,
    room BLOB NOT NULL,
    body TEXT NOT NULL, -- JSON
    PRIMARY KEY (run, room)
) STRICT, WITHOUT ROWID;

-- The history of one policy.
CREATE INDEX runs_policy ON runs (policy, id);

-- Records used to hold all their rooms. Those that a run was through with become rows.
INSERT INTO run_rooms (run, room, body)
SELECT runs.id, unhex(replace(one.value ->> '$.room', '-', '')), one.value
FROM runs, json_each(runs.body, '$.rooms') AS one
WHERE runs.phase <> 'running' OR one.value ->> '$.done';

UPDATE runs SET body = json_set(
    json_remove(body, '$.rooms'),
    '$.through', json((
        SELECT json_object(
            'rooms', count(*),
            'due', coalesce(sum(one.value ->> '$.due'), 0),
            'moved', coalesce(sum(one.value ->> '$.moved'), 0),
            'held', coalesce(sum(one.value ->> '$.held'), 0),
            'bytes', coalesce(sum(one.value ->> '$.bytes'), 0),
            'oldest', min(one.value ->> '$.oldest'),
            'newest', max(one.value ->> '$.newest'),
            'failed', count(one.value ->> '$.error')
        )
        FROM json_each(runs.body, '$.rooms') AS one
        WHERE runs.phase <> 'running' OR one.value ->> '$.done'
    )),
    '$.after', (
        SELECT max(one.value ->> '$.room')
        FROM json_each(runs.body, '$.rooms') AS one
        WHERE runs.phase <> 'running' OR one.value ->> '$.done'
    ),
    '$.at', json((
        SELECT one.value
        FROM json_each(runs.body, '$.rooms') AS one
        WHERE runs.phase = 'running' AND NOT one.value ->> '$.done'
        LIMIT 1
    )),
    '$.first_failure', (
        SELECT coalesce(one.value ->> '$.name', one.value ->> '$.room')
            || ' (' || (one.value ->> '$.error') || ')'
        FROM json_each(runs.body, '$.rooms') AS one
        WHERE one.value ->> '$.error' IS NOT NULL
        LIMIT 1
    )
);

-- Compared by whoever changes a policy.
ALTER TABLE policies ADD COLUMN rev INTEGER NOT NULL DEFAULT 1;

-- Policies that the configuration does not name any more used to be known by this.
UPDATE policies SET body = json_set(body, '$.enabled', json('true'), '$.withdrawn', json('true'))
WHERE next_run_at IS NOT NULL AND NOT body ->> '$.enabled';

-- What rooms have of their own; it comes before what policies say.
CREATE TABLE archive_overrides (
    room   BLOB PRIMARY KEY,
    tenant TEXT NOT NULL,
    policy BLOB, -- the only one that covers the room, where it has one alone
    body   TEXT NOT NULL -- JSON
) STRICT, WITHOUT ROWID;
CREATE INDEX archive_overrides_tenant ON archive_overrides (tenant, room);
CREATE INDEX archive_overrides_policy ON archive_overrides (policy, room) WHERE policy IS NOT NULL;
