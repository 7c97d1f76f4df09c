-- Bounded growth and quick starts: accounts by the hour and by the day, sums that only go up, numbered bookings.

-- The last booking. A commit that failed may have lasted all the same: whoever repeats it can see.
create table booking (
    one    integer not null primary key check (one = 1),
    number integer not null
) strict;

-- Sums of difficulties by account, moved with every booking: `ours` by our verdict, `pool` by the pools'.
create table account_total (
    account text not null,
    book    text not null check (book in ('ours', 'pool')),
    verdict text not null,
    work    real not null,
    primary key (account, book, verdict)
) strict, without rowid;

-- The sums that a promise's credited work rests on, as JSON; null where an earlier edition wrote it.
alter table promise add column counted text;

-- As `account` and `pool_account`; `minute` is the first of the hour or of the day, in UTC.
create table account_hour (
    minute     integer not null,
    rig        text not null,
    account    text not null,
    reason     text not null,
    difficulty integer not null,
    count      integer not null,
    primary key (minute, rig, account, reason, difficulty)
) strict, without rowid;
create table account_day (
    minute     integer not null,
    rig        text not null,
    account    text not null,
    reason     text not null,
    difficulty integer not null,
    count      integer not null,
    primary key (minute, rig, account, reason, difficulty)
) strict, without rowid;
create table pool_account_hour (
    minute     integer not null,
    account    text not null,
    pool       text not null,
    verdict    text not null,
    difficulty integer not null,
    count      integer not null,
    primary key (minute, account, pool, verdict, difficulty)
) strict, without rowid;
create table pool_account_day (
    minute     integer not null,
    account    text not null,
    pool       text not null,
    verdict    text not null,
    difficulty integer not null,
    count      integer not null,
    primary key (minute, account, pool, verdict, difficulty)
) strict, without rowid;
