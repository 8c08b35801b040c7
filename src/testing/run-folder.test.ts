import fs from 'node:fs';
import path from 'node:path';

import { expect, inject, test, vi } from 'vitest';

import { createRunFolder, removeFolder } from './run-folder.ts';
import { temporaryFolder } from './temporary-folder.ts';

test('a new run removes the folder of a run that was killed, and no folder of a living one', () => {
  const living = inject('testFolder');
  const killed = fs.mkdtempSync(path.join(path.dirname(living), 'countersign-test-'));
  const owner = { pid: process.pid, start: 'another time' };
  fs.writeFileSync(path.join(killed, 'owner.json'), JSON.stringify(owner));

  removeFolder(createRunFolder());
  expect(fs.existsSync(killed)).toBe(false);
  expect(fs.existsSync(living)).toBe(true);
});

test('a run writes where TMPDIR says, also where memory has room', () => {
  const wanted = temporaryFolder();
  vi.stubEnv('TMPDIR', wanted);
  const folder = createRunFolder();
  vi.unstubAllEnvs();
  expect(path.dirname(folder)).toBe(fs.realpathSync(wanted));
  removeFolder(folder);
});
