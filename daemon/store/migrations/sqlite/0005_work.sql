-- Work in whole hashes in place of difficulties: one row for all shares of a minute, however often their difficulty
-- changed. It stands in two columns, high * 2^36 + low, since a number of SQLite ends at 2^63. What was kept as a
-- difficulty is that of SHA-256d, since no release before this served another algorithm.

-- What a share of each difficulty stands for, rounded once as the hub does it: the bits of an f64 are taken apart, put
-- together again as a number, times the hashes of difficulty 1. Powers of two are exact.
create temporary table power (exponent integer not null primary key, value real not null) strict;
insert into power with recursive p (exponent, value) as (
    select 0, 1.0 union all select exponent + 1, value * 2.0 from p where exponent < 200
) select * from p;
insert into power with recursive p (exponent, value) as (
    select -1, 0.5 union all select exponent - 1, value / 2.0 from p where exponent > -300
) select * from p;

create temporary table each (difficulty integer not null primary key, high integer not null, low integer not null) strict;
insert into each
select difficulty, cast(hashes / 68719476736.0 as integer),
       cast(hashes - cast(hashes / 68719476736.0 as integer) * 68719476736.0 as integer)
from (
    select difficulty, case
        -- Shares without a job.
        when difficulty = 0 then 0.0
        when exponent > 200 or difficulty < 0 then 316912650057057350374175801344.0
        when exponent < -300 then 1.0
        else max(1.0, min(316912650057057350374175801344.0, round(mantissa * value * 4295032833.000015)))
    end as hashes
    from (
        select difficulty, ((difficulty >> 52) & 2047) - 1075 as exponent,
               cast((difficulty & 4503599627370495) | 4503599627370496 as real) as mantissa
        from (
            select difficulty from account union select difficulty from account_hour union select difficulty from account_day
            union select difficulty from pool_account union select difficulty from pool_account_hour
            union select difficulty from pool_account_day
        )
    ) left join power using (exponent)
);

alter table account rename to old;
create table account (
    minute  integer not null,
    account integer not null,
    rig     integer not null,
    reason  integer not null,
    count   integer not null,
    high    integer not null,
    low     integer not null,
    primary key (minute, account, rig, reason)
) strict, without rowid;
insert into account (minute, account, rig, reason, count, high, low)
select minute, account, rig, reason, sum(count), 
    min(min(sum(high >> 31), 2147483648) * 2147483648 + min(sum(high & 2147483647) + (sum(low) >> 36), 1152921504606846976),
        4611686018427387904),
    sum(low) & 68719476735
from (
    -- A share's parts times the number of shares, in halves of 18 bits, so that no product is too large for a number.
    select minute, account, rig, reason, count,
           min(each.high, 4611686018427387904 / max(count, 1)) * count
               + (((each.low >> 18) * count + ((each.low & 262143) * count >> 18)) >> 18) as high,
           (((each.low >> 18) * count + ((each.low & 262143) * count >> 18)) & 262143) << 18
               | ((each.low & 262143) * count & 262143) as low
    from old join each using (difficulty)
)
group by minute, account, rig, reason
order by 1, 2, 3, 4;
drop table old;
create index account_rig on account (minute, rig);

alter table account_hour rename to old;
create table account_hour (
    minute  integer not null,
    account integer not null,
    rig     integer not null,
    reason  integer not null,
    count   integer not null,
    high    integer not null,
    low     integer not null,
    primary key (minute, account, rig, reason)
) strict, without rowid;
insert into account_hour (minute, account, rig, reason, count, high, low)
select minute, account, rig, reason, sum(count), 
    min(min(sum(high >> 31), 2147483648) * 2147483648 + min(sum(high & 2147483647) + (sum(low) >> 36), 1152921504606846976),
        4611686018427387904),
    sum(low) & 68719476735
from (
    -- A share's parts times the number of shares, in halves of 18 bits, so that no product is too large for a number.
    select minute, account, rig, reason, count,
           min(each.high, 4611686018427387904 / max(count, 1)) * count
               + (((each.low >> 18) * count + ((each.low & 262143) * count >> 18)) >> 18) as high,
           (((each.low >> 18) * count + ((each.low & 262143) * count >> 18)) & 262143) << 18
               | ((each.low & 262143) * count & 262143) as low
    from old join each using (difficulty)
)
group by minute, account, rig, reason
order by 1, 2, 3, 4;
drop table old;
create index account_hour_rig on account_hour (minute, rig);

alter table account_day rename to old;
create table account_day (
    minute  integer not null,
    account integer not null,
    rig     integer not null,
    reason  integer not null,
    count   integer not null,
    high    integer not null,
    low     integer not null,
    primary key (minute, account, rig, reason)
) strict, without rowid;
insert into account_day (minute, account, rig, reason, count, high, low)
select minute, account, rig, reason, sum(count), 
    min(min(sum(high >> 31), 2147483648) * 2147483648 + min(sum(high & 2147483647) + (sum(low) >> 36), 1152921504606846976),
        4611686018427387904),
    sum(low) & 68719476735
from (
    -- A share's parts times the number of shares, in halves of 18 bits, so that no product is too large for a number.
    select minute, account, rig, reason, count,
           min(each.high, 4611686018427387904 / max(count, 1)) * count
               + (((each.low >> 18) * count + ((each.low & 262143) * count >> 18)) >> 18) as high,
           (((each.low >> 18) * count + ((each.low & 262143) * count >> 18)) & 262143) << 18
               | ((each.low & 262143) * count & 262143) as low
    from old join each using (difficulty)
)
group by minute, account, rig, reason
order by 1, 2, 3, 4;
drop table old;
create index account_day_rig on account_day (minute, rig);

alter table pool_account rename to old;
create table pool_account (
    minute  integer not null,
    account integer not null,
    pool    integer not null,
    verdict integer not null,
    count   integer not null,
    high    integer not null,
    low     integer not null,
    primary key (minute, account, pool, verdict)
) strict, without rowid;
insert into pool_account (minute, account, pool, verdict, count, high, low)
select minute, account, pool, verdict, sum(count), 
    min(min(sum(high >> 31), 2147483648) * 2147483648 + min(sum(high & 2147483647) + (sum(low) >> 36), 1152921504606846976),
        4611686018427387904),
    sum(low) & 68719476735
from (
    -- A share's parts times the number of shares, in halves of 18 bits, so that no product is too large for a number.
    select minute, account, pool, verdict, count,
           min(each.high, 4611686018427387904 / max(count, 1)) * count
               + (((each.low >> 18) * count + ((each.low & 262143) * count >> 18)) >> 18) as high,
           (((each.low >> 18) * count + ((each.low & 262143) * count >> 18)) & 262143) << 18
               | ((each.low & 262143) * count & 262143) as low
    from old join each using (difficulty)
)
group by minute, account, pool, verdict
order by 1, 2, 3, 4;
drop table old;
create index pool_account_pool on pool_account (minute, pool);

alter table pool_account_hour rename to old;
create table pool_account_hour (
    minute  integer not null,
    account integer not null,
    pool    integer not null,
    verdict integer not null,
    count   integer not null,
    high    integer not null,
    low     integer not null,
    primary key (minute, account, pool, verdict)
) strict, without rowid;
insert into pool_account_hour (minute, account, pool, verdict, count, high, low)
select minute, account, pool, verdict, sum(count), 
    min(min(sum(high >> 31), 2147483648) * 2147483648 + min(sum(high & 2147483647) + (sum(low) >> 36), 1152921504606846976),
        4611686018427387904),
    sum(low) & 68719476735
from (
    -- A share's parts times the number of shares, in halves of 18 bits, so that no product is too large for a number.
    select minute, account, pool, verdict, count,
           min(each.high, 4611686018427387904 / max(count, 1)) * count
               + (((each.low >> 18) * count + ((each.low & 262143) * count >> 18)) >> 18) as high,
           (((each.low >> 18) * count + ((each.low & 262143) * count >> 18)) & 262143) << 18
               | ((each.low & 262143) * count & 262143) as low
    from old join each using (difficulty)
)
group by minute, account, pool, verdict
order by 1, 2, 3, 4;
drop table old;
create index pool_account_hour_pool on pool_account_hour (minute, pool);

alter table pool_account_day rename to old;
create table pool_account_day (
    minute  integer not null,
    account integer not null,
    pool    integer not null,
    verdict integer not null,
    count   integer not null,
    high    integer not null,
    low     integer not null,
    primary key (minute, account, pool, verdict)
) strict, without rowid;
insert into pool_account_day (minute, account, pool, verdict, count, high, low)
select minute, account, pool, verdict, sum(count), 
    min(min(sum(high >> 31), 2147483648) * 2147483648 + min(sum(high & 2147483647) + (sum(low) >> 36), 1152921504606846976),
        4611686018427387904),
    sum(low) & 68719476735
from (
    -- A share's parts times the number of shares, in halves of 18 bits, so that no product is too large for a number.
    select minute, account, pool, verdict, count,
           min(each.high, 4611686018427387904 / max(count, 1)) * count
               + (((each.low >> 18) * count + ((each.low & 262143) * count >> 18)) >> 18) as high,
           (((each.low >> 18) * count + ((each.low & 262143) * count >> 18)) & 262143) << 18
               | ((each.low & 262143) * count & 262143) as low
    from old join each using (difficulty)
)
group by minute, account, pool, verdict
order by 1, 2, 3, 4;
drop table old;
create index pool_account_day_pool on pool_account_day (minute, pool);

drop table each;
drop table power;

alter table account_total rename to old;
create table account_total (
    account text not null,
    book    text not null check (book in ('ours', 'pool')),
    verdict text not null,
    high    integer not null,
    low     integer not null,
    primary key (account, book, verdict)
) strict, without rowid;
insert into account_total (account, book, verdict, high, low)
select account, book, verdict, cast(hashes / 68719476736.0 as integer),
       cast(hashes - cast(hashes / 68719476736.0 as integer) * 68719476736.0 as integer)
from (select *, min(round(work * 4295032833.000015), 316912650057057350374175801344.0) as hashes from old);
drop table old;

-- The sums that a promise's credited work rests on are those of `account_total` at that time.
update promise set counted = json_object(
    'accepted', replace(printf('%!.0f', counted ->> 'accepted' * 4295032833.000015), '.0', ''),
    'lost', replace(printf('%!.0f', counted ->> 'lost' * 4295032833.000015), '.0', ''),
    'taken', replace(printf('%!.0f', counted ->> 'taken' * 4295032833.000015), '.0', '')
) where json_valid(counted);

-- Nothing is added up of these: whole hashes as texts. The format has all digits of the number, and `.0` behind them.
alter table settlement rename to old;
drop index settlement_until;
create table settlement (
    rental        text not null,
    from_at       integer not null,
    until_at      integer not null,
    owed          text not null,
    credited      text not null,
    excused       text not null,
    delivered_min real,
    met           integer not null check (met in (0, 1)),
    credit        real not null,
    primary key (rental, from_at)
) strict, without rowid;
insert into settlement
select rental, from_at, until_at, replace(printf('%!.0f', owed), '.0', ''), replace(printf('%!.0f', credited), '.0', ''), replace(printf('%!.0f', excused), '.0', ''),
       delivered_min, met, credit from old;
drop table old;
create index settlement_until on settlement (until_at desc, rental);
