import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openOwnedWarehouse } from '../../../activities/warehouse/ownership.js';
import { eventually } from '../../support/eventually.js';
import { compiled } from '../../support/tools.js';
import { readAll } from '../../support/warehouse-file.js';

interface Owner {
  readonly pid: number | undefined;
  readonly output: () => string;
  readonly end: (signal: 'SIGTERM' | 'SIGKILL') => Promise<void>;
}

describe('a DuckDB file', () => {
  let folder: string;
  let path: string;
  let owners: Owner[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ownership-'));
    path = join(folder, 'warehouse.duckdb');
    owners = [];
  });
  afterEach(async () => {
    await Promise.all(owners.map(({ end }) => end('SIGKILL')));
    await rm(folder, { recursive: true });
  });

  function startOwner(): Owner {
    const child = spawn(process.execPath, [compiled('test/support/warehouse-owner.ts'), path]);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += String(data)));
    const owner = {
      pid: child.pid,
      output: () => output,
      end: (signal: NodeJS.Signals) => ended(child, signal),
    };
    owners.push(owner);
    return owner;
  }
  const serves = (owner: Owner): Promise<void> =>
    eventually(() => {
      expect(owner.output()).toContain('serving');
    });

  it('has one owner: a second process says who, and takes over when that one has ended', async () => {
    const first = startOwner();
    await serves(first);
    const second = startOwner();
    await eventually(() => {
      expect(second.output()).toContain(`"ownerPid":${String(first.pid)}`);
    });
    expect(second.output()).not.toContain('serving');
    await first.end('SIGTERM');
    await serves(second);
    expect(second.output()).toContain('the warehouse is free');
  });

  it('is free at once when its owner was killed, with all that was committed', async () => {
    const killed = startOwner();
    await serves(killed);
    expect(await openOwnedWarehouse({ path })).toEqual({ kind: 'taken', ownerPid: killed.pid });
    await killed.end('SIGKILL');
    const opened = await openOwnedWarehouse({ path });
    if (opened.kind === 'taken') throw new Error('nobody has it any more');
    expect((await readAll(opened.warehouse, 'SELECT pid FROM owners')).rows).toEqual([[String(killed.pid)]]);
    await opened.warehouse.close();
  });

  it('that is none is refused, and not taken for one that somebody has', async () => {
    await writeFile(path, 'no database at all, but long enough to be looked into');
    await expect(openOwnedWarehouse({ path })).rejects.toMatchObject({
      type: 'unavailable',
      message: 'DuckDB: IO Error',
    });
  });
});

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
}
