/** The committed lock file, and every kind of change to it that must not pass. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { type LockEntry, WITH_INSTALL_SCRIPT, judgeLock } from './lock-gate.mjs';

const ROOT = resolve(import.meta.dirname, '..');
const read = (name: string): string => readFileSync(resolve(ROOT, name), 'utf8');
type Lock = { packages: Record<string, LockEntry> };
const lock = JSON.parse(read('package-lock.json')) as Lock;

test('the lock file passes, and every package of this platform has its integrity', () => {
  const { faults, unverified } = judgeLock(lock);
  expect(faults).toEqual([]);
  const here = unverified.filter((folder) => {
    const { os = [process.platform], cpu = [process.arch] } = lock.packages[folder] as LockEntry;
    const isOfMusl = folder.endsWith('-musl');
    return os.includes(process.platform) && cpu.includes(process.arch) && !isOfMusl;
  });
  expect(here).toEqual([]);
});

test('install scripts do not run, and no package stands on the list that brings none', () => {
  expect(read('.npmrc')).toMatch(/^ignore-scripts=true$/m);
  const bringing = Object.entries(lock.packages)
    .filter(([, { hasInstallScript }]) => hasInstallScript === true)
    .map(([folder]) => folder.slice(folder.lastIndexOf('node_modules/') + 13));
  expect(new Set(bringing)).toEqual(WITH_INSTALL_SCRIPT);
});

test('every package that the project asks for has its line of reason', () => {
  const page = read('docs/dependencies.md');
  const { dependencies, devDependencies, optionalDependencies } = lock.packages[''] as LockEntry;
  const names = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies });
  const told = (name: string): boolean => {
    const scope = name.includes('/') ? `\`${name.split('/')[0]}/*\`` : '';
    return page.includes(`\`${name}\``) || (scope !== '' && page.includes(scope));
  };
  // The ORM's four packages share a row that names the first.
  const own = names.filter((name) => !name.startsWith('@mikro-orm/'));
  expect(own.filter((name) => !told(name))).toEqual([]);
});

const pg = 'node_modules/pg';

function changed(change: LockEntry, folder = pg): Lock {
  return { packages: { ...lock.packages, [folder]: { ...lock.packages[folder], ...change } } };
}

describe('a change of the lock file that', () => {
  test.each<[string, Lock, RegExp]>([
    ['takes the integrity away', changed({ integrity: undefined }), /pg has no integrity/],
    ['weakens the integrity', changed({ integrity: 'sha1-AAAA' }), /has the integrity sha1/],
    ['cuts the integrity', changed({ integrity: 'sha512-AAAA' }), /has the integrity sha512/],
    ['names another host', changed({ resolved: 'https://example.com/pg.tgz' }), /comes from https/],
    ['names a repository', changed({ resolved: 'git+ssh://git@example.com/pg' }), /comes from git/],
    ['links a folder', changed({ link: true }), /is a link/],
    ['has no version', changed({ version: undefined }), /no exact version/],
    ['has a range as version', changed({ version: '^8.0.0' }), /no exact version/],
    ['brings an install script', changed({ hasInstallScript: true }), /brings an install script/],
    [
      'brings a look-alike with a script',
      changed(
        { version: '1.0.0', integrity: undefined, hasInstallScript: true },
        'node_modules/pgg',
      ),
      /pgg has no integrity/,
    ],
    ...[
      'git+https://example.com/x',
      'http://example.com/x.tgz',
      'file:../x',
      'some/repository',
    ].map((range): [string, Lock, RegExp] => [
      `takes a dependency from ${range}`,
      changed({ dependencies: { x: range } }),
      /pg takes x from/,
    ]),
    ['loosens a pin', changed({ dependencies: { pg: '^8.0.0' } }, ''), /pg is not pinned/],
  ])('%s is refused', (_, damaged, reason) => {
    expect(judgeLock(damaged).faults.join('\n')).toMatch(reason);
  });
});
