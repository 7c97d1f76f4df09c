-- The first edition of the store. Times are microseconds since the Unix epoch, minutes count from there.
-- Never edited after a release: what changes later comes as 0002 and so on.

pragma application_id = 1398035026; -- "STRR": this file is ours

-- The text of a farm, kept once however often it is wanted.
create table bundle (
    digest text not null primary key,
    text   text not null
) strict, without rowid;

-- What was wanted and when. Rows are added; only the outcome is filled in later.
create table generation (
    number          integer not null primary key,
    parent          integer not null unique,
    at              integer not null,
    kind            text not null check (kind in ('apply', 'rollback')),
    rolled_back_to  integer references generation (number),
    digest          text not null references bundle (digest),
    author          text,
    commit_id       text,
    branch          text,
    message         text,
    remote          text,
    dirty           integer not null check (dirty in (0, 1)),
    reason          text,
    peer            text not null,
    tool_version    text,
    idempotency_key text unique,
    outcome         text not null default 'pending'
                    check (outcome in ('pending', 'converged', 'timed-out', 'superseded')),
    outcome_at      integer,
    check (parent = number - 1)
) strict;

create trigger generation_stays before delete on generation
begin
    select raise(abort, 'a generation is never removed');
end;

-- An operator's wish on top of the farm.
create table override (
    id              integer not null primary key autoincrement,
    wish            text not null,
    reason          text not null,
    by_whom         text not null,
    from_at         integer not null,
    until_at        integer not null check (until_at > from_at),
    ended_at        integer,
    ended_by        text,
    ended_reason    text,
    idempotency_key text unique
) strict;

create table event (
    seq      integer not null primary key autoincrement,
    at       integer not null,
    kind     text not null,
    severity integer not null,
    subject  text not null,
    message  text not null,
    fields   text not null
) strict;
create index event_subject on event (subject, seq);
create index event_kind on event (kind, seq);

-- How far the journal of each worker is in the accounts.
create table mark (
    worker integer not null primary key,
    seq    integer not null
) strict;

-- What rigs did, by our own verdict. `difficulty` holds the bits of the number, so that nothing is rounded;
-- work is the sum of count * difficulty, computed when it is asked for.
create table account (
    minute     integer not null,
    rig        text not null,
    account    text not null,
    reason     text not null,
    difficulty integer not null,
    count      integer not null,
    primary key (minute, rig, account, reason, difficulty)
) strict, without rowid;

-- What pools said to the shares they were given.
create table pool_account (
    minute     integer not null,
    account    text not null,
    pool       text not null,
    verdict    text not null,
    difficulty integer not null,
    count      integer not null,
    primary key (minute, account, pool, verdict, difficulty)
) strict, without rowid;

-- Who mines for whom, as last decided, so that a restart goes on with it.
create table assignment (
    rig     text not null primary key,
    account text not null
) strict, without rowid;

create table kv (
    key   text not null primary key,
    value text not null
) strict, without rowid;
