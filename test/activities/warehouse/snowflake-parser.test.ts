import { describe, expect, it } from '@jest/globals';
import { snowflakeDialect } from '../../../activities/warehouse/snowflake/dialect.js';
import { expectSnowflakeSql, snowflakeFaults } from '../../support/snowflake-parser.js';

const { text, hash, timestamp, isoText, json, jsonRows, types } = snowflakeDialect;
const rows = jsonRows('?');

describe('an independent parser of Snowflake SQL', () => {
  it.each([
    `select ${text("it's \\ one")} as t, ${hash('k')} as h, ${isoText('made')} as made from s`,
    `insert into s (k, made, doc) select ${rows.field('k')}, ${timestamp(rows.field('made'))}, ${json(rows.field('a "b"'))} from ${rows.from}`,
    `create transient table if not exists s (k ${types.text} not null, n ${types.bigint}, made ${types.timestamp}, doc ${types.json})`,
    `create table if not exists a.b.s (k varchar not null, n number(38, 0), primary key (k))`,
    `create or replace transient table plan as select 1 as k`,
    `begin;\ndelete from s;\ninsert into s select * from plan;\ncommit`,
    `select * from s qualify row_number() over (partition by k order by made desc) = 1`,
    `merge into s using (select 'a' as k, 'h' as h) as n on s.k = n.k when matched then update set h = n.h when not matched then insert (k, h) values (n.k, n.h)`,
    `select coalesce(a.k, b.k) as k from a full outer join b on a.k = b.k where a.h is distinct from b.h`,
    `update s set h = n.h from n where s.k = n.k`,
    `delete from s using n where s.k = n.k`,
    `select floor((row_number() over (order by k) - 1) / 5000) as w, count_if(h is null) as c from s group by all`,
    `select percentile_cont(0.95) within group (order by ms) as p95 from s where k in (?, ?)`,
    `alter table s add column h varchar`,
    `drop table if exists plan`,
    `select table_name from information_schema.tables where table_schema = 'SYNC'`,
  ])('accepts what the statements need: %s', (sql) => {
    expectSnowflakeSql(sql);
  });

  it.each([
    ['selec k from s', /expression|token/i],
    ['select k from (select 1 as k', /expected/i],
    ["select strftime(made, '%Y') from s", /strftime/],
    ['create table s (doc json)', /json: not a type/],
    ['create table s (n hugeint)', /not a type/],
    ["select doc ->> 'a' from s", /arrows/],
    ['insert into s values (1) on conflict do nothing', /ON CONFLICT/],
    ['insert or replace into s values (1)', /INSERT OR/],
    ['select unnest(list) from s', /unnest/],
    ["select * from read_csv('x.csv')", /read_csv/],
  ])('refuses what other dialects add, and what is none: %s', (sql, fault) => {
    expect(snowflakeFaults(sql).join()).toMatch(fault);
    expect(() => {
      expectSnowflakeSql(sql);
    }).toThrow('not SQL of Snowflake');
  });
});
