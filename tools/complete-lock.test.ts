import { expect, test } from 'vitest';

import { completeLock, type LockedPackages } from './complete-lock.mjs';

const needing = (optional: Record<string, string>): LockedPackages => ({
  '': {},
  'node_modules/tool': { version: '1.0.0', dev: true, optionalDependencies: optional },
});

test.each([
  ['@tool/linux-x64-gnu', { os: ['linux'], cpu: ['x64'], libc: ['glibc'] }],
  ['@tool/linux-arm64-musl', { os: ['linux'], cpu: ['arm64'], libc: ['musl'] }],
  ['@tool/windows-amd64', { os: ['win32'], cpu: ['x64'] }],
  ['@tool/darwin-aarch64', { os: ['darwin'], cpu: ['arm64'] }],
  ['tool-wasm32-wasi', { os: ['wasm32'], cpu: ['wasm32'] }],
])('%s is added for the platform that its name tells', (name, platform) => {
  const packages = needing({ [name]: '1.2.3' });
  expect(completeLock(packages, {}).added).toEqual([`${name}@1.2.3`]);
  expect(packages[`node_modules/${name}`]).toEqual({
    version: '1.2.3',
    dev: true,
    optional: true,
    ...platform,
  });
});

test('the integrity that an earlier lock file knows is kept', () => {
  const earlier = { version: '1.2.3', integrity: 'sha512-x', os: ['linux'], cpu: ['x64'] };
  const packages = needing({ 'tool-linux-x64': '1.2.3' });
  completeLock(packages, { 'node_modules/tool-linux-x64': earlier });
  expect(packages['node_modules/tool-linux-x64']).toEqual(earlier);
});

test('the integrity of another version is not kept', () => {
  const earlier = { version: '1.2.2', integrity: 'sha512-x', os: ['linux'], cpu: ['x64'] };
  const packages = needing({ 'tool-linux-x64': '1.2.3' });
  completeLock(packages, { 'node_modules/tool-linux-x64': earlier });
  expect(packages['node_modules/tool-linux-x64']).not.toHaveProperty('integrity');
});

test('what is locked already, beside the dependent or above it, stays as it is', () => {
  const packages = needing({ 'tool-linux-x64': '1.2.3', 'tool-linux-arm64': '1.2.3' });
  packages['node_modules/tool/node_modules/tool-linux-x64'] = { version: '1.2.3' };
  packages['node_modules/tool-linux-arm64'] = { version: '1.2.3' };
  const before = structuredClone(packages);
  expect(completeLock(packages, {}).added).toEqual([]);
  expect(packages).toEqual(before);
});

test('an alias keeps the name of the package that it stands for', () => {
  const packages = needing({ 'tool-linux-x64': 'npm:@other/linux-x64@^2.0.0' });
  completeLock(packages, {});
  expect(packages['node_modules/tool-linux-x64']).toMatchObject({
    name: '@other/linux-x64',
    version: '2.0.0',
  });
});

test('a package whose name tells no platform is left out and named', () => {
  const packages = needing({ 'optional-extra': '1.0.0' });
  expect(completeLock(packages, {})).toEqual({ added: [], skipped: ['optional-extra@1.0.0'] });
});
