-- Instants: due, taken, settled, expires, cached_until, prune_at are microseconds of steady
-- time; *_ms are milliseconds of wall time, for people. CHECKs repeat the
-- guards of the statements.

CREATE TABLE clock (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    boot TEXT NOT NULL,
    nanos INTEGER NOT NULL,
    wall_ms INTEGER NOT NULL,
    steady INTEGER NOT NULL,
    held_over INTEGER NOT NULL
) STRICT;

-- What is called, whatever it is called in the configuration: calls count here. Each other unit that it counts has a
-- ledger of its own, which belongs to that of the calls.
CREATE TABLE ledger (
    id INTEGER PRIMARY KEY,
    identity TEXT NOT NULL UNIQUE,
    main INTEGER,
    unit TEXT,
    found_calls INTEGER NOT NULL DEFAULT 0,
    found_probes INTEGER NOT NULL DEFAULT 0,
    CHECK ((main IS NULL) = (unit IS NULL))
) STRICT;

CREATE UNIQUE INDEX ledger_unit ON ledger (main, unit) WHERE main IS NOT NULL;

-- This is a copy of a store, or was one: the other one went on, and nobody here knows what it called. since: when this one
-- took over, in ledgers' time; null until it does.
CREATE TABLE copied (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    made_ms INTEGER NOT NULL,
    since INTEGER,
    since_ms INTEGER,
    CHECK ((since IS NULL) = (since_ms IS NULL))
) STRICT;

-- What is called, and each of its partitions, which is a queue of its own while anything waits or runs in it: named by both.
-- turn: the last that it had among its upstream's partitions. line: the next one, while it may have it. wake: steady time at
-- which it may be in line again, or, if nothing is left in it, goes. busy: how many jobs wait in it, within an eighth.
-- allowed: by which rules an upstream's partitions wait; null: by several.
CREATE TABLE upstream (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    ledger INTEGER NOT NULL,
    parent INTEGER,
    partition TEXT,
    turn INTEGER NOT NULL DEFAULT 0,
    line INTEGER,
    wake INTEGER,
    fifo INTEGER NOT NULL DEFAULT 0 CHECK (fifo IN (0, 1)),
    busy INTEGER NOT NULL DEFAULT 0 CHECK (busy >= 0),
    allowed TEXT,
    paused INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
    closed_until INTEGER NOT NULL DEFAULT 0,
    unauthorized_since INTEGER NOT NULL DEFAULT 0,
    unauthorized_until INTEGER NOT NULL DEFAULT 0,
    absent_since INTEGER NOT NULL DEFAULT 0,
    absent_until INTEGER NOT NULL DEFAULT 0,
    beat INTEGER NOT NULL DEFAULT 0 CHECK (beat BETWEEN 0 AND 79),
    scheduled INTEGER NOT NULL DEFAULT 0 CHECK (scheduled >= 0),
    high_credit INTEGER NOT NULL DEFAULT 0 CHECK (high_credit >= 0),
    high_turn INTEGER NOT NULL DEFAULT 0,
    high_retry_turn INTEGER NOT NULL DEFAULT 0,
    normal_credit INTEGER NOT NULL DEFAULT 0 CHECK (normal_credit >= 0),
    normal_turn INTEGER NOT NULL DEFAULT 0,
    normal_retry_turn INTEGER NOT NULL DEFAULT 0,
    low_credit INTEGER NOT NULL DEFAULT 0 CHECK (low_credit >= 0),
    low_turn INTEGER NOT NULL DEFAULT 0,
    low_retry_turn INTEGER NOT NULL DEFAULT 0,
    own_version INTEGER NOT NULL DEFAULT 0,
    CHECK ((parent IS NULL) = (partition IS NULL)),
    CHECK (parent IS NOT NULL OR (line IS NULL AND wake IS NULL)),
    CHECK (line IS NULL OR wake IS NULL)
) STRICT;

-- Partitions whose turn may come, in the order in which it does; those that wait for a time; all;
-- those that are left alone or refused; all by their keys; all, those in which most waits first.
CREATE INDEX upstream_line ON upstream (parent, line, id) WHERE line IS NOT NULL;
CREATE INDEX upstream_wake ON upstream (parent, wake) WHERE wake IS NOT NULL;
CREATE INDEX upstream_partitions ON upstream (parent, turn) WHERE parent IS NOT NULL;
CREATE INDEX upstream_shut ON upstream (parent, id) WHERE closed_until > 0 OR unauthorized_since > 0;
CREATE INDEX upstream_refused ON upstream (parent, id) WHERE unauthorized_since > 0;
CREATE UNIQUE INDEX upstream_keys ON upstream (parent, partition) WHERE parent IS NOT NULL;
CREATE INDEX upstream_busy ON upstream (parent, busy DESC, partition) WHERE parent IS NOT NULL;

-- What a partition is allowed instead of what each is, whether it has a queue or not. quota: a window a line, as
-- unit, limit and microseconds. headers: what says who calls, a line each, as name and value; secrets.
CREATE TABLE partition_own (
    upstream INTEGER NOT NULL,
    partition TEXT NOT NULL,
    quota TEXT,
    concurrency INTEGER CHECK (concurrency >= 1),
    paused INTEGER NOT NULL CHECK (paused IN (0, 1)),
    headers TEXT,
    PRIMARY KEY (upstream, partition)
) STRICT, WITHOUT ROWID;

CREATE INDEX partition_own_key ON partition_own (partition);
CREATE INDEX partition_own_paused ON partition_own (upstream) WHERE paused = 1;
CREATE INDEX partition_own_callers ON partition_own (upstream, partition) WHERE headers IS NOT NULL;

-- The credentials of an upstream whose calls leave with one of several: a ledger each, and which are left alone.
CREATE TABLE credential (
    upstream INTEGER NOT NULL,
    ledger INTEGER NOT NULL,
    closed_until INTEGER NOT NULL DEFAULT 0,
    unauthorized_since INTEGER NOT NULL DEFAULT 0,
    unauthorized_until INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (upstream, ledger)
) STRICT, WITHOUT ROWID;

CREATE INDEX credential_ledger ON credential (ledger);

CREATE TABLE job (
    id INTEGER PRIMARY KEY,
    upstream INTEGER NOT NULL,
    route TEXT NOT NULL,
    client INTEGER NOT NULL,
    request BLOB NOT NULL CHECK (length(request) = 16),
    key_high INTEGER NOT NULL,
    key_low INTEGER NOT NULL,
    partition TEXT,
    cost TEXT,
    units TEXT,
    params TEXT NOT NULL,
    body BLOB,
    body_content BLOB CHECK (length(body_content) = 16),
    body_bytes INTEGER,
    status TEXT NOT NULL DEFAULT 'queued' CHECK (status IN
        ('scheduled', 'queued', 'running', 'retrying', 'succeeded', 'failed', 'expired',
        'cancelled')),
    turn INTEGER NOT NULL,
    due INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    charged INTEGER NOT NULL DEFAULT 0 CHECK (charged BETWEEN 0 AND attempts),
    last_status INTEGER,
    repeatable INTEGER NOT NULL CHECK (repeatable IN (0, 1)),
    created INTEGER NOT NULL,
    cache_ttl INTEGER NOT NULL CHECK (cache_ttl >= 0),
    interest INTEGER NOT NULL DEFAULT 1 CHECK (interest >= 0),
    high INTEGER NOT NULL DEFAULT 0 CHECK (high >= 0),
    low INTEGER NOT NULL DEFAULT 0 CHECK (low >= 0),
    timed INTEGER NOT NULL DEFAULT 0 CHECK (timed >= 0),
    result_status INTEGER,
    result_body TEXT,
    answer_head TEXT,
    answer BLOB,
    answer_content BLOB CHECK (length(answer_content) = 16),
    answer_bytes INTEGER,
    failure_reason TEXT,
    failure_status INTEGER,
    failure_body TEXT,
    failure_detail TEXT,
    finished_ms INTEGER,
    cached_until INTEGER,
    prune_at INTEGER,
    told BLOB CHECK (length(told) = 16),
    ready INTEGER NOT NULL DEFAULT 0 CHECK (ready IN (0, 1)),
    priority INTEGER NOT NULL DEFAULT 1 CHECK (priority BETWEEN 0 AND 2),
    weight INTEGER NOT NULL DEFAULT 1 CHECK (weight >= 1),
    starts INTEGER,
    CHECK ((status = 'retrying') = (due IS NOT NULL)),
    CHECK (ready = 0 OR status = 'retrying'),
    CHECK ((status = 'succeeded') = (result_body IS NOT NULL)),
    CHECK ((status = 'failed') = (failure_reason IS NOT NULL)),
    CHECK ((status IN ('scheduled', 'queued', 'running', 'retrying')) = (finished_ms IS NULL)),
    CHECK ((finished_ms IS NULL) = (prune_at IS NULL)),
    CHECK (told IS NULL OR finished_ms IS NOT NULL),
    CHECK (status NOT IN ('scheduled', 'queued') OR attempts = 0),
    CHECK ((status = 'scheduled') = (starts IS NOT NULL)),
    CHECK ((body_content IS NULL) = (body_bytes IS NULL)),
    CHECK ((answer_content IS NULL) = (answer_bytes IS NULL)),
    CHECK (answer_head IS NOT NULL OR (answer IS NULL AND answer_content IS NULL)),
    CHECK (cached_until IS NULL OR status = 'succeeded')
) STRICT;

-- The two queues and the cache. They cover what is read of them at every start.
-- Jobs whose time has not come, by that time (wall time, in milliseconds, as their callers gave it).
CREATE INDEX job_scheduled ON job (upstream, starts, id, key_high) WHERE status = 'scheduled';
CREATE INDEX job_queued ON job (upstream, priority, turn, client, key_high) WHERE status = 'queued';
CREATE INDEX job_retrying ON job (upstream, due, key_high) WHERE status = 'retrying' AND ready = 0;
-- Retries that were found due, in the order of their turns.
CREATE INDEX job_ready ON job (upstream, priority, turn, client, key_high)
    WHERE status = 'retrying' AND ready = 1;
-- Where units are counted: what costs none of a unit goes past what waits for it.
CREATE INDEX job_queued_units ON job (upstream, priority, units, turn, client)
    WHERE units IS NOT NULL AND status = 'queued';
CREATE INDEX job_ready_units ON job (upstream, priority, units, turn, client)
    WHERE units IS NOT NULL AND status = 'retrying' AND ready = 1;
-- Since when each could go that waits: a first try since it was asked or its time came, a retry since it was due.
CREATE INDEX job_waiting ON job (route, coalesce(due, created)) WHERE status IN ('queued', 'retrying');
CREATE INDEX job_cached ON job (route, cached_until, key_high) WHERE cached_until IS NOT NULL;
CREATE INDEX job_prune ON job (prune_at) WHERE prune_at IS NOT NULL;
-- Of those who wait for it not all were told yet that it has ended.
CREATE INDEX job_telling ON job (id) WHERE told IS NOT NULL;

-- Large bodies, in pieces; of those that no job refers to, drop_at says when they go. 0: it is going.
CREATE TABLE content (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    client INTEGER NOT NULL,
    bytes INTEGER NOT NULL CHECK (bytes >= 0),
    holders INTEGER NOT NULL DEFAULT 0 CHECK (holders >= 0),
    drop_at INTEGER,
    CHECK ((holders = 0) = (drop_at IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- What each client keeps.
CREATE INDEX content_client ON content (client, bytes);
CREATE INDEX content_drop ON content (drop_at) WHERE drop_at IS NOT NULL;

CREATE TABLE piece (
    content BLOB NOT NULL,
    number INTEGER NOT NULL CHECK (number >= 0),
    bytes BLOB NOT NULL,
    PRIMARY KEY (content, number)
) STRICT;

CREATE TABLE request (
    client INTEGER NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    job INTEGER NOT NULL,
    retries INTEGER NOT NULL DEFAULT 0 CHECK (retries >= 0),
    own_status TEXT CHECK (own_status IN ('expired', 'cancelled')),
    own_finished_ms INTEGER,
    webhook_url TEXT,
    webhook_headers TEXT,
    client_request_id TEXT,
    expires INTEGER,
    expires_ms INTEGER,
    prune_at INTEGER,
    priority INTEGER NOT NULL DEFAULT 1 CHECK (priority BETWEEN 0 AND 2),
    batch INTEGER,
    not_before_ms INTEGER,
    PRIMARY KEY (client, id),
    CHECK ((own_status IS NULL) = (own_finished_ms IS NULL)),
    CHECK ((webhook_url IS NULL) = (webhook_headers IS NULL)),
    CHECK (own_status IS NULL OR expires IS NULL)
) STRICT, WITHOUT ROWID;

-- The jobs that failed a request before it was retried: which retry each was, 0 the first ask.
CREATE TABLE tried (
    client INTEGER NOT NULL,
    request BLOB NOT NULL CHECK (length(request) = 16),
    retry INTEGER NOT NULL CHECK (retry >= 0),
    job INTEGER NOT NULL,
    PRIMARY KEY (client, request, retry)
) STRICT, WITHOUT ROWID;

CREATE INDEX tried_job ON tried (job);

-- An admin's lists, and look-ups that do not know the client.
CREATE UNIQUE INDEX request_id ON request (id);
-- Those who wait for a job, or ended with it, in the order of their ids; behind them the others.
CREATE INDEX request_job ON request (job, prune_at, id);
-- Of those whose end was not their job's: the others are forgotten when its time comes.
CREATE INDEX request_prune ON request (prune_at) WHERE prune_at IS NOT NULL;
-- Only of those that can still expire: whatever ends a request sets expires to null.
CREATE INDEX request_expires ON request (expires) WHERE expires IS NOT NULL;
-- Of those who still want a job and give a time, the earliest.
CREATE INDEX request_timed ON request (job, not_before_ms)
    WHERE not_before_ms IS NOT NULL AND own_status IS NULL;
CREATE INDEX request_reference ON request (client_request_id, client, id)
    WHERE client_request_id IS NOT NULL;

-- Asks that came together; each accepted line is a request whose id follows from the batch's. The counts are of its
-- requests as they stand, so that to tell them takes no look at each.
CREATE TABLE batch (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    client INTEGER NOT NULL,
    key TEXT,
    key_until INTEGER,
    lines INTEGER NOT NULL DEFAULT 0,
    digest TEXT NOT NULL DEFAULT '',
    accepted INTEGER NOT NULL DEFAULT 0,
    refused INTEGER NOT NULL DEFAULT 0,
    unfinished INTEGER NOT NULL DEFAULT 0,
    succeeded INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    expired INTEGER NOT NULL DEFAULT 0,
    cancelled INTEGER NOT NULL DEFAULT 0,
    sealed INTEGER NOT NULL DEFAULT 0 CHECK (sealed IN (0, 1)),
    stopped INTEGER NOT NULL DEFAULT 0 CHECK (stopped IN (0, 1)),
    webhook_url TEXT,
    created_ms INTEGER NOT NULL,
    completed_ms INTEGER,
    prune_at INTEGER NOT NULL,
    CHECK (key IS NULL OR key_until IS NOT NULL)
) STRICT;

CREATE UNIQUE INDEX batch_key ON batch (client, key) WHERE key IS NOT NULL;
CREATE INDEX batch_client ON batch (client, id);
CREATE INDEX batch_prune ON batch (prune_at);

CREATE TABLE batch_refusal (
    batch INTEGER NOT NULL,
    line INTEGER NOT NULL CHECK (line >= 1),
    problem TEXT NOT NULL,
    PRIMARY KEY (batch, line)
) STRICT, WITHOUT ROWID;

-- What is done to all that a filter chooses, in the order of their ids. due: until then it is its owner's, or rests without one; of one that has
-- ended, when it is forgotten.
CREATE TABLE operation (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    client INTEGER NOT NULL,
    everyone INTEGER NOT NULL CHECK (everyone IN (0, 1)),
    act TEXT NOT NULL CHECK (act IN ('retry', 'cancel', 'redeliver')),
    filter TEXT NOT NULL,
    dry_run INTEGER NOT NULL CHECK (dry_run IN (0, 1)),
    per_second INTEGER NOT NULL CHECK (per_second >= 0),
    state TEXT NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'stopped')),
    owner BLOB,
    last_seen BLOB,
    matched INTEGER NOT NULL DEFAULT 0,
    done INTEGER NOT NULL DEFAULT 0,
    skipped INTEGER NOT NULL DEFAULT 0,
    created_ms INTEGER NOT NULL,
    ended_ms INTEGER,
    due INTEGER NOT NULL,
    CHECK ((state = 'running') = (ended_ms IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX operation_due ON operation (state, due);

-- The log of calls.
CREATE TABLE attempt (
    id INTEGER PRIMARY KEY,
    job INTEGER NOT NULL,
    upstream INTEGER NOT NULL,
    ledger INTEGER NOT NULL,
    number INTEGER NOT NULL CHECK (number >= 1),
    taken INTEGER NOT NULL,
    started_ms INTEGER NOT NULL,
    waited_us INTEGER NOT NULL CHECK (waited_us >= 0),
    waited_for TEXT NOT NULL CHECK (waited_for IN ('slot', 'backoff', 'nothing')),
    settled INTEGER CHECK (settled >= taken),
    outcome TEXT,
    status INTEGER,
    latency_us INTEGER,
    probe INTEGER NOT NULL DEFAULT 0 CHECK (probe IN (0, 1)),
    credential INTEGER,
    CHECK ((settled IS NULL) = (outcome IS NULL))
) STRICT;

CREATE INDEX attempt_in_flight ON attempt (ledger) WHERE settled IS NULL;
-- Of calls that left with one of several credentials: in flight they are in its ledger, too.
CREATE INDEX attempt_credential ON attempt (credential)
    WHERE settled IS NULL AND credential IS NOT NULL;
CREATE INDEX attempt_settled ON attempt (ledger, settled) WHERE settled IS NOT NULL;
CREATE INDEX attempt_job ON attempt (job);

-- What a call takes of each ledger but that of the calls: reserved before it leaves, actual once it settled.
CREATE TABLE charge (
    attempt INTEGER NOT NULL,
    ledger INTEGER NOT NULL,
    reserved INTEGER NOT NULL CHECK (reserved > 0),
    actual INTEGER CHECK (actual >= 0),
    PRIMARY KEY (attempt, ledger)
) STRICT, WITHOUT ROWID;

CREATE INDEX charge_in_flight ON charge (ledger, reserved) WHERE actual IS NULL;

-- The quota's ledger as a staircase: what was used until then, since it began. One step a moment, each higher than those
-- before it; of days that no window reaches the last one stays.
CREATE TABLE used (
    ledger INTEGER NOT NULL,
    settled INTEGER NOT NULL,
    total INTEGER NOT NULL CHECK (total > 0),
    PRIMARY KEY (ledger, settled)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX used_total ON used (ledger, total);

-- The other store may have called what this one hears of only later: as much as any window has, until this one took over.
CREATE TRIGGER ledger_of_copy AFTER INSERT ON ledger
WHEN EXISTS (SELECT 1 FROM copied WHERE since IS NOT NULL)
BEGIN
    INSERT INTO used (ledger, settled, total) SELECT new.id, since, 2147483647 FROM copied;
END;

-- Calls that may still arrive, in the same way: since the ledger began, and those that were heard of are found.
CREATE TABLE missing (
    ledger INTEGER NOT NULL,
    given_up INTEGER NOT NULL,
    calls INTEGER NOT NULL,
    probes INTEGER NOT NULL,
    PRIMARY KEY (ledger, given_up)
) STRICT, WITHOUT ROWID;

-- How long each route's calls take to succeed after a first one failed, as pace.LearnedDelay writes it.
CREATE TABLE learned (
    upstream INTEGER NOT NULL,
    route TEXT NOT NULL,
    delays TEXT NOT NULL,
    PRIMARY KEY (upstream, route)
) STRICT, WITHOUT ROWID;

-- due is also the end of a lease.
CREATE TABLE delivery (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    client INTEGER NOT NULL,
    request BLOB NOT NULL,
    status TEXT NOT NULL CHECK (status IN
        ('succeeded', 'failed', 'expired', 'cancelled', 'completed')),
    state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'ended', 'failed')),
    due INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    created_ms INTEGER NOT NULL,
    next_ms INTEGER,
    last_status INTEGER,
    last_error TEXT,
    CHECK ((state = 'pending') = (due IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX delivery_due ON delivery (due) WHERE due IS NOT NULL;
CREATE INDEX delivery_request ON delivery (request);
CREATE INDEX delivery_client ON delivery (client, id);

CREATE TABLE delivery_try (
    delivery BLOB NOT NULL,
    number INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    status INTEGER,
    error TEXT,
    latency_us INTEGER NOT NULL,
    PRIMARY KEY (delivery, number)
) STRICT, WITHOUT ROWID;

-- What operators did: who paused, retried, cancelled, made keys.
CREATE TABLE act (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms INTEGER NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    target TEXT NOT NULL
) STRICT;

CREATE TABLE client (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    admin INTEGER NOT NULL CHECK (admin IN (0, 1)),
    max_pending INTEGER NOT NULL,
    weight INTEGER NOT NULL DEFAULT 1 CHECK (weight >= 1),
    revoked INTEGER NOT NULL DEFAULT 0 CHECK (revoked IN (0, 1)),
    created_ms INTEGER NOT NULL
) STRICT;

-- A client may have several keys, so that one can be renewed without a gap. hash is SHA-256 in hex.
CREATE TABLE client_key (
    hash TEXT PRIMARY KEY,
    client INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX client_key_client ON client_key (client);

-- Who changes clients or their keys counts one up: gateways look at this each second, and at the clients when it is another.
CREATE TABLE client_change (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    number INTEGER NOT NULL
) STRICT;

-- Unfinished requests of each client, kept so that a start need not count them.
CREATE TABLE pending (
    client INTEGER PRIMARY KEY,
    requests INTEGER NOT NULL CHECK (requests >= 0)
) STRICT;

-- Each client's place in each queue of each priority, likewise.
CREATE TABLE lane (
    upstream INTEGER NOT NULL,
    retry INTEGER NOT NULL CHECK (retry IN (0, 1)),
    client INTEGER NOT NULL,
    last_turn INTEGER NOT NULL,
    jobs INTEGER NOT NULL CHECK (jobs >= 0),
    priority INTEGER NOT NULL DEFAULT 1 CHECK (priority BETWEEN 0 AND 2),
    weight INTEGER NOT NULL DEFAULT 1 CHECK (weight >= 1),
    PRIMARY KEY (upstream, retry, priority, client)
) STRICT, WITHOUT ROWID;

CREATE TABLE webhook_secret (
    id INTEGER PRIMARY KEY,
    client INTEGER NOT NULL,
    secret TEXT NOT NULL,
    expires_ms INTEGER
) STRICT;

CREATE INDEX webhook_secret_client ON webhook_secret (client);

CREATE TABLE secret (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency (
    client INTEGER NOT NULL,
    key TEXT NOT NULL,
    request BLOB NOT NULL,
    fingerprint_high INTEGER NOT NULL,
    fingerprint_low INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (client, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_expires ON idempotency (expires);
-- A request stays as long as its key.
CREATE INDEX idempotency_request ON idempotency (client, request);
