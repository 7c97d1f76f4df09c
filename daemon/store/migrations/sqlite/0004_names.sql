-- A year of a thousand rigs: names stand once, accounts are found by minute and rig and by minute and account, and
-- whatever grows can be found by age.

-- Names of rigs, accounts, pools, reasons and verdicts. `used` is the last day (in days since the Unix epoch) that
-- anything was booked under it: once that is older than all accounts, the name goes.
create table name (
    id   integer not null primary key,
    name text not null unique,
    used integer not null
) strict;
create index name_used on name (used);

insert into name (name, used)
select name, max(used) from (
    select rig as name, minute / 1440 as used from account
    union all select account, minute / 1440 from account
    union all select reason, minute / 1440 from account
    union all select rig, minute / 1440 from account_hour
    union all select account, minute / 1440 from account_hour
    union all select reason, minute / 1440 from account_hour
    union all select rig, minute / 1440 from account_day
    union all select account, minute / 1440 from account_day
    union all select reason, minute / 1440 from account_day
    union all select account, minute / 1440 from pool_account
    union all select pool, minute / 1440 from pool_account
    union all select verdict, minute / 1440 from pool_account
    union all select account, minute / 1440 from pool_account_hour
    union all select pool, minute / 1440 from pool_account_hour
    union all select verdict, minute / 1440 from pool_account_hour
    union all select account, minute / 1440 from pool_account_day
    union all select pool, minute / 1440 from pool_account_day
    union all select verdict, minute / 1440 from pool_account_day
    union all select account, strftime('%s') / 86400 from account_total
) group by name;

alter table account rename to old;
create table account (
    minute     integer not null,
    account    integer not null,
    rig        integer not null,
    reason     integer not null,
    difficulty integer not null,
    count      integer not null,
    primary key (minute, account, rig, reason, difficulty)
) strict, without rowid;
insert into account (minute, account, rig, reason, difficulty, count)
select minute, a.id, b.id, c.id, difficulty, count from old
join name as a on a.name = old.account join name as b on b.name = old.rig join name as c on c.name = old.reason
order by 1, 2, 3, 4, 5;
drop table old;
create index account_rig on account (minute, rig);

alter table account_hour rename to old;
create table account_hour (
    minute     integer not null,
    account    integer not null,
    rig        integer not null,
    reason     integer not null,
    difficulty integer not null,
    count      integer not null,
    primary key (minute, account, rig, reason, difficulty)
) strict, without rowid;
insert into account_hour (minute, account, rig, reason, difficulty, count)
select minute, a.id, b.id, c.id, difficulty, count from old
join name as a on a.name = old.account join name as b on b.name = old.rig join name as c on c.name = old.reason
order by 1, 2, 3, 4, 5;
drop table old;
create index account_hour_rig on account_hour (minute, rig);

alter table account_day rename to old;
create table account_day (
    minute     integer not null,
    account    integer not null,
    rig        integer not null,
    reason     integer not null,
    difficulty integer not null,
    count      integer not null,
    primary key (minute, account, rig, reason, difficulty)
) strict, without rowid;
insert into account_day (minute, account, rig, reason, difficulty, count)
select minute, a.id, b.id, c.id, difficulty, count from old
join name as a on a.name = old.account join name as b on b.name = old.rig join name as c on c.name = old.reason
order by 1, 2, 3, 4, 5;
drop table old;
create index account_day_rig on account_day (minute, rig);

alter table pool_account rename to old;
create table pool_account (
    minute     integer not null,
    account    integer not null,
    pool       integer not null,
    verdict    integer not null,
    difficulty integer not null,
    count      integer not null,
    primary key (minute, account, pool, verdict, difficulty)
) strict, without rowid;
insert into pool_account (minute, account, pool, verdict, difficulty, count)
select minute, a.id, b.id, c.id, difficulty, count from old
join name as a on a.name = old.account join name as b on b.name = old.pool join name as c on c.name = old.verdict
order by 1, 2, 3, 4, 5;
drop table old;
create index pool_account_pool on pool_account (minute, pool);

alter table pool_account_hour rename to old;
create table pool_account_hour (
    minute     integer not null,
    account    integer not null,
    pool       integer not null,
    verdict    integer not null,
    difficulty integer not null,
    count      integer not null,
    primary key (minute, account, pool, verdict, difficulty)
) strict, without rowid;
insert into pool_account_hour (minute, account, pool, verdict, difficulty, count)
select minute, a.id, b.id, c.id, difficulty, count from old
join name as a on a.name = old.account join name as b on b.name = old.pool join name as c on c.name = old.verdict
order by 1, 2, 3, 4, 5;
drop table old;
create index pool_account_hour_pool on pool_account_hour (minute, pool);

alter table pool_account_day rename to old;
create table pool_account_day (
    minute     integer not null,
    account    integer not null,
    pool       integer not null,
    verdict    integer not null,
    difficulty integer not null,
    count      integer not null,
    primary key (minute, account, pool, verdict, difficulty)
) strict, without rowid;
insert into pool_account_day (minute, account, pool, verdict, difficulty, count)
select minute, a.id, b.id, c.id, difficulty, count from old
join name as a on a.name = old.account join name as b on b.name = old.pool join name as c on c.name = old.verdict
order by 1, 2, 3, 4, 5;
drop table old;
create index pool_account_day_pool on pool_account_day (minute, pool);

-- Placements by time, for any day of any rig or account; what a rig does now; what ended long ago.
drop index placement_rig;
drop index placement_account;
create index placement_rig on placement (rig, from_at);
create index placement_account on placement (account, from_at);
create index placement_from on placement (from_at);
create index placement_open on placement (rig) where until_at is null;
create index placement_until on placement (until_at) where until_at is not null;
create index event_at on event (at);
create index settlement_until on settlement (until_at desc, rental);
create index override_end on override (coalesce(ended_at, until_at));

-- The latest 10,000 at least stay, and so does what a later one came back to.
drop trigger generation_stays;
create trigger generation_stays before delete on generation
when old.number > (select max(number) from generation) - 10000
begin
    select raise(abort, 'one of the latest 10,000 generations is never removed');
end;
