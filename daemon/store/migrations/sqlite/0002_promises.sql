-- Promises kept: who served whom when and why, what rentals were owed, what was made of it.

-- Where a rig belongs that works elsewhere for a while.
alter table assignment add column home text;

-- Who mined for whom, from when to when. `until_at` is null while it does.
create table placement (
    seq         integer not null primary key autoincrement,
    rig         text not null,
    account     text not null,
    from_at     integer not null,
    until_at    integer,
    why         text not null,
    words       text not null,
    cost        real not null
) strict;
create index placement_rig on placement (rig, seq);
create index placement_account on placement (account, seq);

-- What is owed in the period that runs; the state is farm::rental::Promise as JSON.
create table promise (
    rental text not null primary key,
    state  text not null
) strict, without rowid;

-- What was made of each period. Rows are added, never changed.
create table settlement (
    rental        text not null,
    from_at       integer not null,
    until_at      integer not null,
    owed          real not null,
    credited      real not null,
    excused       real not null,
    delivered_min real,
    met           integer not null check (met in (0, 1)),
    credit        real not null,
    primary key (rental, from_at)
) strict, without rowid;
