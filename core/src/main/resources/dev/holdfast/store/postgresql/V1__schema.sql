-- Instants: due, taken, settled, expires, cached_until, prune_at are microseconds of steady time (see clock);
-- *_ms are milliseconds of the database's clock, for people. CHECKs repeat the guards of the statements. Whatever changes jobs, requests,
-- attempts or lanes of an upstream holds the lock of its row; of one whose partitions are apart, the lock of theirs.

CREATE TABLE replica (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    beat BIGINT NOT NULL,
    seen_ms BIGINT NOT NULL
);

-- What is called, whatever it is called in the configuration: calls count here. Whoever takes slots holds the row's lock.
-- Each other unit that it counts has a ledger of its own, which belongs to that of the calls.
CREATE TABLE ledger (
    id INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    identity TEXT NOT NULL UNIQUE,
    main INTEGER,
    unit TEXT,
    found_calls BIGINT NOT NULL DEFAULT 0,
    found_probes BIGINT NOT NULL DEFAULT 0,
    CHECK ((main IS NULL) = (unit IS NULL))
);

CREATE UNIQUE INDEX ledger_unit ON ledger (main, unit) WHERE main IS NOT NULL;

-- Steady time is the database's clock plus this, in microseconds; whoever sees that clock set corrects it, once a version.
CREATE TABLE clock (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    correction BIGINT NOT NULL,
    version BIGINT NOT NULL
);
INSERT INTO clock (id, correction, version) VALUES (1, 0, 0);

-- What is called, and each of its partitions, which is a queue of its own while anything waits or runs in it: named by both.
-- turn: the last that it had among its upstream's partitions. line: the next one, while it may have it. wake: steady time at
-- which it may be in line again, or, if nothing is left in it, goes. inner: of an upstream's partitions together.
-- busy: how many jobs wait in it, within an eighth. allowed: by which rules they wait; null: by several. apart: nothing is common to
-- its partitions, so that each is locked by its own row, and the upstream only against whoever has it as a whole.
-- Rows that change with every claim stay on their page.
CREATE TABLE upstream (
    id INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    ledger INTEGER NOT NULL,
    parent INTEGER,
    partition TEXT COLLATE "C",
    turn BIGINT NOT NULL DEFAULT 0,
    line BIGINT,
    wake BIGINT,
    fifo BOOLEAN NOT NULL DEFAULT FALSE,
    busy BIGINT NOT NULL DEFAULT 0 CHECK (busy >= 0),
    partitions INTEGER NOT NULL DEFAULT 0 CHECK (partitions >= 0),
    busy_partitions INTEGER NOT NULL DEFAULT 0 CHECK (busy_partitions >= 0),
    inner_running INTEGER NOT NULL DEFAULT 0 CHECK (inner_running >= 0),
    allowed TEXT,
    paused BOOLEAN NOT NULL DEFAULT FALSE,
    closed_until BIGINT NOT NULL DEFAULT 0,
    unauthorized_since BIGINT NOT NULL DEFAULT 0,
    unauthorized_until BIGINT NOT NULL DEFAULT 0,
    absent_since BIGINT NOT NULL DEFAULT 0,
    absent_until BIGINT NOT NULL DEFAULT 0,
    beat SMALLINT NOT NULL DEFAULT 0 CHECK (beat BETWEEN 0 AND 79),
    running INTEGER NOT NULL DEFAULT 0 CHECK (running >= 0),
    scheduled BIGINT NOT NULL DEFAULT 0 CHECK (scheduled >= 0),
    high_credit INTEGER NOT NULL DEFAULT 0 CHECK (high_credit >= 0),
    high_turn BIGINT NOT NULL DEFAULT 0,
    high_retry_turn BIGINT NOT NULL DEFAULT 0,
    high_queued BIGINT NOT NULL DEFAULT 0 CHECK (high_queued >= 0),
    high_retrying BIGINT NOT NULL DEFAULT 0 CHECK (high_retrying >= 0),
    high_inner_queued BIGINT NOT NULL DEFAULT 0 CHECK (high_inner_queued >= 0),
    high_inner_retrying BIGINT NOT NULL DEFAULT 0 CHECK (high_inner_retrying >= 0),
    normal_credit INTEGER NOT NULL DEFAULT 0 CHECK (normal_credit >= 0),
    normal_turn BIGINT NOT NULL DEFAULT 0,
    normal_retry_turn BIGINT NOT NULL DEFAULT 0,
    normal_queued BIGINT NOT NULL DEFAULT 0 CHECK (normal_queued >= 0),
    normal_retrying BIGINT NOT NULL DEFAULT 0 CHECK (normal_retrying >= 0),
    normal_inner_queued BIGINT NOT NULL DEFAULT 0 CHECK (normal_inner_queued >= 0),
    normal_inner_retrying BIGINT NOT NULL DEFAULT 0 CHECK (normal_inner_retrying >= 0),
    low_credit INTEGER NOT NULL DEFAULT 0 CHECK (low_credit >= 0),
    low_turn BIGINT NOT NULL DEFAULT 0,
    low_retry_turn BIGINT NOT NULL DEFAULT 0,
    low_queued BIGINT NOT NULL DEFAULT 0 CHECK (low_queued >= 0),
    low_retrying BIGINT NOT NULL DEFAULT 0 CHECK (low_retrying >= 0),
    low_inner_queued BIGINT NOT NULL DEFAULT 0 CHECK (low_inner_queued >= 0),
    low_inner_retrying BIGINT NOT NULL DEFAULT 0 CHECK (low_inner_retrying >= 0),
    pool INTEGER[] NOT NULL DEFAULT '{}',
    own_version BIGINT NOT NULL DEFAULT 0,
    apart BOOLEAN NOT NULL DEFAULT FALSE,
    CHECK ((parent IS NULL) = (partition IS NULL)),
    CHECK (parent IS NOT NULL OR (line IS NULL AND wake IS NULL)),
    CHECK (line IS NULL OR wake IS NULL)
) WITH (fillfactor = 20);

-- Partitions whose turn may come, in the order in which it does; those that wait for a time; all;
-- those that are left alone or refused; all by their keys; all, those in which most waits first.
CREATE INDEX upstream_line ON upstream (parent, line, id) WHERE line IS NOT NULL;
CREATE INDEX upstream_wake ON upstream (parent, wake) WHERE wake IS NOT NULL;
CREATE INDEX upstream_partitions ON upstream (parent, turn) WHERE parent IS NOT NULL;
CREATE INDEX upstream_shut ON upstream (parent, id) WHERE closed_until > 0 OR unauthorized_since > 0;
CREATE INDEX upstream_refused ON upstream (parent, id) WHERE unauthorized_since > 0;
CREATE UNIQUE INDEX upstream_keys ON upstream (parent, partition) WHERE parent IS NOT NULL;
CREATE INDEX upstream_busy ON upstream (parent, busy DESC, partition) WHERE parent IS NOT NULL;

-- What each replica has added to an upstream's inner counts while its partitions were apart: nobody waits to add to them.
-- Whoever has the upstream as a whole adds them to its row.
CREATE TABLE tally (
    upstream INTEGER NOT NULL,
    owner UUID NOT NULL,
    partitions BIGINT NOT NULL,
    busy_partitions BIGINT NOT NULL,
    inner_running BIGINT NOT NULL,
    high_inner_queued BIGINT NOT NULL,
    high_inner_retrying BIGINT NOT NULL,
    normal_inner_queued BIGINT NOT NULL,
    normal_inner_retrying BIGINT NOT NULL,
    low_inner_queued BIGINT NOT NULL,
    low_inner_retrying BIGINT NOT NULL,
    PRIMARY KEY (upstream, owner)
) WITH (fillfactor = 20);

-- What a partition is allowed instead of what each is, whether it has a queue or not. quota: a window a line, as
-- unit, limit and microseconds. headers: what says who calls, a line each, as name and value; secrets.
CREATE TABLE partition_own (
    upstream INTEGER NOT NULL,
    partition TEXT COLLATE "C" NOT NULL,
    quota TEXT,
    concurrency INTEGER CHECK (concurrency >= 1),
    paused SMALLINT NOT NULL CHECK (paused IN (0, 1)),
    headers TEXT,
    PRIMARY KEY (upstream, partition)
);

CREATE INDEX partition_own_key ON partition_own (partition);
CREATE INDEX partition_own_paused ON partition_own (upstream) WHERE paused = 1;
CREATE INDEX partition_own_callers ON partition_own (upstream, partition) WHERE headers IS NOT NULL;

-- The credentials of an upstream whose calls leave with one of several: a ledger each, and which are left alone.
-- upstream.pool has these ledgers: whoever locks the upstream's locks them, too.
CREATE TABLE credential (
    upstream INTEGER NOT NULL,
    ledger INTEGER NOT NULL,
    closed_until BIGINT NOT NULL DEFAULT 0,
    unauthorized_since BIGINT NOT NULL DEFAULT 0,
    unauthorized_until BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (upstream, ledger)
);

CREATE INDEX credential_ledger ON credential (ledger);

-- Each client's place in each queue of each priority.
CREATE TABLE lane (
    upstream INTEGER NOT NULL,
    retry BOOLEAN NOT NULL,
    client INTEGER NOT NULL,
    last_turn BIGINT NOT NULL,
    jobs BIGINT NOT NULL CHECK (jobs >= 0),
    priority SMALLINT NOT NULL DEFAULT 1 CHECK (priority BETWEEN 0 AND 2),
    weight SMALLINT NOT NULL DEFAULT 1 CHECK (weight >= 1),
    PRIMARY KEY (upstream, retry, priority, client)
) WITH (fillfactor = 20);

-- Unfinished requests of each client.
CREATE TABLE pending (
    client INTEGER NOT NULL PRIMARY KEY,
    requests INTEGER NOT NULL CHECK (requests >= 0)
) WITH (fillfactor = 20);

-- Results kept as cache for each route.
CREATE TABLE cached (
    route TEXT NOT NULL PRIMARY KEY,
    results BIGINT NOT NULL
) WITH (fillfactor = 20);

-- Replicas take numbers in blocks.
CREATE SEQUENCE job_number INCREMENT BY 1000;
CREATE SEQUENCE attempt_number INCREMENT BY 1000;

CREATE TABLE job (
    id BIGINT NOT NULL PRIMARY KEY,
    upstream INTEGER NOT NULL,
    route TEXT NOT NULL,
    client INTEGER NOT NULL,
    request UUID NOT NULL,
    key_high BIGINT NOT NULL,
    key_low BIGINT NOT NULL,
    partition TEXT,
    cost TEXT,
    units TEXT,
    params TEXT NOT NULL,
    body BYTEA,
    body_content UUID,
    body_bytes BIGINT,
    status TEXT NOT NULL DEFAULT 'queued' CHECK (status IN
        ('scheduled', 'queued', 'running', 'retrying', 'succeeded', 'failed', 'expired',
        'cancelled')),
    turn BIGINT NOT NULL,
    due BIGINT,
    attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    charged INTEGER NOT NULL DEFAULT 0 CHECK (charged BETWEEN 0 AND attempts),
    last_status INTEGER,
    repeatable BOOLEAN NOT NULL,
    created BIGINT NOT NULL,
    cache_ttl BIGINT NOT NULL CHECK (cache_ttl >= 0),
    interest INTEGER NOT NULL DEFAULT 1 CHECK (interest >= 0),
    high INTEGER NOT NULL DEFAULT 0 CHECK (high >= 0),
    low INTEGER NOT NULL DEFAULT 0 CHECK (low >= 0),
    timed INTEGER NOT NULL DEFAULT 0 CHECK (timed >= 0),
    result_status INTEGER,
    result_body TEXT,
    answer_head TEXT,
    answer BYTEA,
    answer_content UUID,
    answer_bytes BIGINT,
    failure_reason TEXT,
    failure_status INTEGER,
    failure_body TEXT,
    failure_detail TEXT,
    finished_ms BIGINT,
    cached_until BIGINT,
    prune_at BIGINT,
    told UUID,
    ready INTEGER NOT NULL DEFAULT 0 CHECK (ready IN (0, 1)),
    priority SMALLINT NOT NULL DEFAULT 1 CHECK (priority BETWEEN 0 AND 2),
    weight SMALLINT NOT NULL DEFAULT 1 CHECK (weight >= 1),
    starts BIGINT,
    CHECK ((status = 'retrying') = (due IS NOT NULL)),
    CHECK (ready = 0 OR status = 'retrying'),
    CHECK ((status = 'succeeded') = (result_body IS NOT NULL)),
    CHECK ((status = 'failed') = (failure_reason IS NOT NULL)),
    CHECK ((status IN ('scheduled', 'queued', 'running', 'retrying')) = (finished_ms IS NULL)),
    CHECK ((finished_ms IS NULL) = (prune_at IS NULL)),
    CHECK (status NOT IN ('scheduled', 'queued') OR attempts = 0),
    CHECK ((status = 'scheduled') = (starts IS NOT NULL)),
    CHECK ((body_content IS NULL) = (body_bytes IS NULL)),
    CHECK ((answer_content IS NULL) = (answer_bytes IS NULL)),
    CHECK (answer_head IS NOT NULL OR (answer IS NULL AND answer_content IS NULL)),
    CHECK (cached_until IS NULL OR status = 'succeeded')
);

-- No call is made twice at once, none whose result is known.
CREATE UNIQUE INDEX job_live ON job (key_high, key_low)
    WHERE status IN ('scheduled', 'queued', 'running', 'retrying') OR cached_until IS NOT NULL;
-- Jobs whose time has not come, by that time (wall time, in milliseconds, as their callers gave it).
CREATE INDEX job_scheduled ON job (upstream, starts, id) WHERE status = 'scheduled';
CREATE INDEX job_queued ON job (upstream, priority, turn, client) WHERE status = 'queued';
CREATE INDEX job_retrying ON job (upstream, due) WHERE status = 'retrying' AND ready = 0;
-- Retries that were found due, in the order of their turns.
CREATE INDEX job_ready ON job (upstream, priority, turn, client) WHERE status = 'retrying' AND ready = 1;
-- Where units are counted: what costs none of a unit goes past what waits for it.
CREATE INDEX job_queued_units ON job (upstream, priority, units, turn, client)
    WHERE units IS NOT NULL AND status = 'queued';
CREATE INDEX job_ready_units ON job (upstream, priority, units, turn, client)
    WHERE units IS NOT NULL AND status = 'retrying' AND ready = 1;
-- Since when each could go that waits: a first try since it was asked or its time came, a retry since it was due.
CREATE INDEX job_waiting ON job (route, coalesce(due, created)) WHERE status IN ('queued', 'retrying');
CREATE INDEX job_cached ON job (route, cached_until) WHERE cached_until IS NOT NULL;
CREATE INDEX job_prune ON job (prune_at) WHERE prune_at IS NOT NULL;
-- Of those who wait for it not all were told yet that it has ended.
CREATE INDEX job_telling ON job (id) WHERE told IS NOT NULL;

-- Large bodies, in pieces; of those that no job refers to, drop_at says when they go. 0: it is going.
CREATE TABLE content (
    id UUID NOT NULL PRIMARY KEY,
    client INTEGER NOT NULL,
    bytes BIGINT NOT NULL CHECK (bytes >= 0),
    holders INTEGER NOT NULL DEFAULT 0 CHECK (holders >= 0),
    drop_at BIGINT,
    CHECK ((holders = 0) = (drop_at IS NOT NULL))
);

-- What each client keeps.
CREATE INDEX content_client ON content (client, bytes);
CREATE INDEX content_drop ON content (drop_at) WHERE drop_at IS NOT NULL;

CREATE TABLE piece (
    content UUID NOT NULL,
    number INTEGER NOT NULL CHECK (number >= 0),
    bytes BYTEA NOT NULL,
    PRIMARY KEY (content, number)
);

CREATE TABLE request (
    client INTEGER NOT NULL,
    id UUID NOT NULL,
    job BIGINT NOT NULL,
    retries INTEGER NOT NULL DEFAULT 0 CHECK (retries >= 0),
    own_status TEXT CHECK (own_status IN ('expired', 'cancelled')),
    own_finished_ms BIGINT,
    webhook_url TEXT,
    webhook_headers TEXT,
    client_request_id TEXT,
    expires BIGINT,
    expires_ms BIGINT,
    prune_at BIGINT,
    priority SMALLINT NOT NULL DEFAULT 1 CHECK (priority BETWEEN 0 AND 2),
    batch INTEGER,
    not_before_ms BIGINT,
    PRIMARY KEY (client, id),
    CHECK ((own_status IS NULL) = (own_finished_ms IS NULL)),
    CHECK ((webhook_url IS NULL) = (webhook_headers IS NULL)),
    CHECK (own_status IS NULL OR expires IS NULL)
);

-- The jobs that failed a request before it was retried: which retry each was, 0 the first ask.
CREATE TABLE tried (
    client INTEGER NOT NULL,
    request UUID NOT NULL,
    retry INTEGER NOT NULL CHECK (retry >= 0),
    job BIGINT NOT NULL,
    PRIMARY KEY (client, request, retry)
);

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
    number INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id UUID NOT NULL UNIQUE,
    client INTEGER NOT NULL,
    key TEXT,
    key_until BIGINT,
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
    created_ms BIGINT NOT NULL,
    completed_ms BIGINT,
    prune_at BIGINT NOT NULL,
    CHECK (key IS NULL OR key_until IS NOT NULL)
);

CREATE UNIQUE INDEX batch_key ON batch (client, key) WHERE key IS NOT NULL;
CREATE INDEX batch_client ON batch (client, id);
CREATE INDEX batch_prune ON batch (prune_at);

CREATE TABLE batch_refusal (
    batch INTEGER NOT NULL,
    line INTEGER NOT NULL CHECK (line >= 1),
    problem TEXT NOT NULL,
    PRIMARY KEY (batch, line)
);

-- What is done to all that a filter chooses, in the order of their ids. due: until then it is its owner's, or rests without one; of one that has
-- ended, when it is forgotten.
CREATE TABLE operation (
    id UUID NOT NULL PRIMARY KEY,
    client INTEGER NOT NULL,
    everyone INTEGER NOT NULL CHECK (everyone IN (0, 1)),
    act TEXT NOT NULL CHECK (act IN ('retry', 'cancel', 'redeliver')),
    filter TEXT NOT NULL,
    dry_run INTEGER NOT NULL CHECK (dry_run IN (0, 1)),
    per_second INTEGER NOT NULL CHECK (per_second >= 0),
    state TEXT NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'stopped')),
    owner UUID,
    last_seen UUID,
    matched INTEGER NOT NULL DEFAULT 0,
    done INTEGER NOT NULL DEFAULT 0,
    skipped INTEGER NOT NULL DEFAULT 0,
    created_ms BIGINT NOT NULL,
    ended_ms BIGINT,
    due BIGINT NOT NULL,
    CHECK ((state = 'running') = (ended_ms IS NULL))
);

CREATE INDEX operation_due ON operation (state, due);

-- The log of calls. The owner makes the call as long as its lease holds.
CREATE TABLE attempt (
    id BIGINT NOT NULL PRIMARY KEY,
    job BIGINT NOT NULL,
    upstream INTEGER NOT NULL,
    ledger INTEGER NOT NULL,
    owner UUID NOT NULL,
    number INTEGER NOT NULL CHECK (number >= 1),
    taken BIGINT NOT NULL,
    started_ms BIGINT NOT NULL,
    waited_us BIGINT NOT NULL CHECK (waited_us >= 0),
    waited_for TEXT NOT NULL CHECK (waited_for IN ('slot', 'backoff', 'nothing')),
    settled BIGINT CHECK (settled >= taken),
    outcome TEXT,
    status INTEGER,
    latency_us BIGINT,
    probe INTEGER NOT NULL DEFAULT 0 CHECK (probe IN (0, 1)),
    credential INTEGER,
    CHECK ((settled IS NULL) = (outcome IS NULL))
);

CREATE INDEX attempt_in_flight ON attempt (ledger) WHERE settled IS NULL;
-- Of calls that left with one of several credentials: in flight they are in its ledger, too.
CREATE INDEX attempt_credential ON attempt (credential)
    WHERE settled IS NULL AND credential IS NOT NULL;
CREATE INDEX attempt_settled ON attempt (ledger, settled) WHERE settled IS NOT NULL;
CREATE INDEX attempt_job ON attempt (job);

-- What a call takes of each ledger but that of the calls: reserved before it leaves, actual once it settled.
CREATE TABLE charge (
    attempt BIGINT NOT NULL,
    ledger INTEGER NOT NULL,
    reserved BIGINT NOT NULL CHECK (reserved > 0),
    actual BIGINT CHECK (actual >= 0),
    PRIMARY KEY (attempt, ledger)
);

CREATE INDEX charge_in_flight ON charge (ledger, reserved) WHERE actual IS NULL;

-- The quota's ledger as a staircase: what was used until then, since it began. One step a moment, each higher than those
-- before it; of days that no window reaches the last one stays.
CREATE TABLE used (
    ledger INTEGER NOT NULL,
    settled BIGINT NOT NULL,
    total BIGINT NOT NULL CHECK (total > 0),
    PRIMARY KEY (ledger, settled)
);

CREATE UNIQUE INDEX used_total ON used (ledger, total);

-- Calls that may still arrive, in the same way: since the ledger began, and those that were heard of are found.
CREATE TABLE missing (
    ledger INTEGER NOT NULL,
    given_up BIGINT NOT NULL,
    calls BIGINT NOT NULL,
    probes BIGINT NOT NULL,
    PRIMARY KEY (ledger, given_up)
);

-- How long each route's calls take to succeed after a first one failed, as pace.LearnedDelay writes it.
CREATE TABLE learned (
    upstream INTEGER NOT NULL,
    route TEXT NOT NULL,
    delays TEXT NOT NULL,
    PRIMARY KEY (upstream, route)
);

-- due is also the end of a lease; owner is set while it is leased.
CREATE TABLE delivery (
    id UUID NOT NULL PRIMARY KEY,
    client INTEGER NOT NULL,
    request UUID NOT NULL,
    status TEXT NOT NULL CHECK (status IN
        ('succeeded', 'failed', 'expired', 'cancelled', 'completed')),
    state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'ended', 'failed')),
    owner UUID,
    due BIGINT,
    attempts INTEGER NOT NULL DEFAULT 0,
    created_ms BIGINT NOT NULL,
    next_ms BIGINT,
    last_status INTEGER,
    last_error TEXT,
    CHECK ((state = 'pending') = (due IS NOT NULL)),
    CHECK (owner IS NULL OR state = 'pending')
);

CREATE INDEX delivery_due ON delivery (due) WHERE due IS NOT NULL;
CREATE INDEX delivery_owner ON delivery (owner) WHERE owner IS NOT NULL;
CREATE INDEX delivery_request ON delivery (request);
CREATE INDEX delivery_client ON delivery (client, id);

CREATE TABLE delivery_try (
    delivery UUID NOT NULL,
    number INTEGER NOT NULL,
    at_ms BIGINT NOT NULL,
    status INTEGER,
    error TEXT,
    latency_us BIGINT NOT NULL,
    PRIMARY KEY (delivery, number)
);

-- What operators did: who paused, retried, cancelled, made keys.
CREATE TABLE act (
    number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    target TEXT NOT NULL
);

CREATE TABLE client (
    id INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    admin BOOLEAN NOT NULL,
    max_pending INTEGER NOT NULL,
    weight SMALLINT NOT NULL DEFAULT 1 CHECK (weight >= 1),
    revoked BOOLEAN NOT NULL DEFAULT FALSE,
    created_ms BIGINT NOT NULL
);

-- A client may have several keys, so that one can be renewed without a gap. hash is SHA-256 in hex.
CREATE TABLE client_key (
    hash TEXT NOT NULL PRIMARY KEY,
    client INTEGER NOT NULL,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT
);

CREATE INDEX client_key_client ON client_key (client);

-- Who changes clients or their keys counts one up: gateways look at this each second, and at the clients when it is another.
CREATE TABLE client_change (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    number BIGINT NOT NULL
);

CREATE TABLE webhook_secret (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client INTEGER NOT NULL,
    secret TEXT NOT NULL,
    expires_ms BIGINT
);

CREATE INDEX webhook_secret_client ON webhook_secret (client);

CREATE TABLE secret (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE idempotency (
    client INTEGER NOT NULL,
    key TEXT NOT NULL,
    request UUID NOT NULL,
    fingerprint_high BIGINT NOT NULL,
    fingerprint_low BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    PRIMARY KEY (client, key)
);

CREATE INDEX idempotency_expires ON idempotency (expires);
-- A request stays as long as its key. By the request alone, or a plan made on empty tables finds keys by it.
CREATE INDEX idempotency_request ON idempotency (request);
