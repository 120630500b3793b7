-- Who works in the back office. People are never deleted: the audit trail names them.
CREATE TABLE users (
    id INTEGER PRIMARY KEY NOT NULL,
    name TEXT NOT NULL UNIQUE,            -- what is typed at the sign-in
    version INTEGER NOT NULL,
    full_name TEXT NOT NULL,
    password TEXT NOT NULL,               -- Argon2id with its own parameters and salt
    password_at INTEGER NOT NULL,         -- since when: older sessions are of no more use
    grants TEXT NOT NULL,                 -- JSON: roles, each with its front end or *
    disabled INTEGER NOT NULL,            -- 1: may not sign in
    demo INTEGER NOT NULL,                -- 1: made by a sandbox, let in by a sandbox alone
    failures INTEGER NOT NULL,            -- wrong passwords and codes since the last right one
    locked_until INTEGER,
    language TEXT NOT NULL,
    zone TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

-- Second factors: a secret that a person's authenticator program shares with us, sealed.
CREATE TABLE second_factors (
    id INTEGER PRIMARY KEY NOT NULL,
    name TEXT NOT NULL UNIQUE,            -- the person's id: one each
    version INTEGER NOT NULL,
    user_id INTEGER NOT NULL REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED,
    secret TEXT NOT NULL,                 -- AES-256-GCM under the key of the configuration
    last_step INTEGER NOT NULL,           -- the time step of the last code that was taken: none is taken twice
    confirmed_at INTEGER,                 -- since when it is demanded
    created_at INTEGER NOT NULL
) STRICT;

-- Sessions by the hash of their cookie.
CREATE TABLE sessions (
    id INTEGER PRIMARY KEY NOT NULL,
    name TEXT NOT NULL UNIQUE,            -- SHA-256 of the cookie
    version INTEGER NOT NULL,
    user_id INTEGER NOT NULL REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED,
    stage TEXT NOT NULL CHECK (stage IN ('Code', 'Enrolment', 'Full')),
    csrf TEXT NOT NULL,                   -- every form of the session bears it
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,             -- to the minute
    code_at INTEGER,                      -- when the second factor was last shown
    ended_at INTEGER
) STRICT;
CREATE INDEX sessions_open ON sessions (user_id) WHERE ended_at IS NULL;

-- Filters of a list that somebody keeps under a title.
CREATE TABLE saved_views (
    id INTEGER PRIMARY KEY NOT NULL,
    name TEXT NOT NULL UNIQUE,            -- person / page / title
    version INTEGER NOT NULL,
    user_id INTEGER NOT NULL REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED,
    page TEXT NOT NULL,
    title TEXT NOT NULL,
    query TEXT NOT NULL,
    shared INTEGER NOT NULL,              -- 1: others may use it
    removed_at INTEGER,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX saved_views_by_page ON saved_views (page) WHERE removed_at IS NULL;
