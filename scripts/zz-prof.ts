import { startSandboxIterable } from '../sandbox/iterable/index.js';
import { burstOf } from '../sandbox/samples/product-events.js';
import { fetchToken } from './recipes/gateway-client.js';
import { percentile, postAll } from './bench/load.js';
import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { rmSync } from 'node:fs';
rmSync('/tmp/pf', { recursive: true, force: true });
const it = await startSandboxIterable();
const env = { ...process.env, DATA_DIR: '/tmp/pf', GATEWAY_PORT: '8085', GATEWAY_CLIENTS: 'a:b', ITERABLE_API_KEY: it.apiKey, ITERABLE_BASE_URL: it.url, PERSON_HASH_KEY: 'x'.repeat(20), PAYLOAD_KEYS: 'k:' + Buffer.alloc(32, 3).toString('base64'), METRICS_PORT: '9466' };
const only = process.argv[2];
const child = spawn(process.execPath, ['--cpu-prof', '--cpu-prof-dir=/tmp/prof2', '--import', 'tsx', 'scripts/start.ts', ...(only ? ['--only', only] : [])], { env, stdio: 'inherit' });
for (;;) { try { if ((await fetch('http://127.0.0.1:8085/readyz')).ok) break; } catch {} await delay(200); }
const token = await fetchToken({ url: 'http://127.0.0.1:8085', clientId: 'a', clientSecret: 'b' });
for (const round of [0, 1]) {
const n = 3000;
const cpu0 = process.cpuUsage();
const r = await postAll('http://127.0.0.1:8085/v1/product-events', token, burstOf(n, 100000 + round * 10000), 200);
const cpu = process.cpuUsage(cpu0);
console.log(n / r.seconds, percentile(r.latenciesMs, 0.5), percentile(r.latenciesMs, 0.99), [...r.statuses], 'load+sandbox cpu s', (cpu.user + cpu.system) / 1e6, 'events', it.events().length);
const t0 = Date.now(); while (!only && it.events().length < n * (round + 1)) await delay(50); console.log('delivered after', Date.now() - t0);
}
const { execSync } = await import('node:child_process'); console.log(execSync('ps -eo pid,time,args --sort=-time | head -6 | cut -c1-120').toString());
const m = await (await fetch('http://127.0.0.1:9466/metrics')).text(); console.log(m.split('\n').filter((l) => /gateway_group_(events|age)/.test(l) && /sum|count/.test(l)).join('\n'));
child.kill('SIGTERM'); await delay(5000); process.exit();
