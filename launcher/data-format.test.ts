import fs from 'node:fs';
import path from 'node:path';

import { temporaryFolder } from '#testing/temporary-folder.ts';
import { expect, onTestFinished, test } from 'vitest';

import { openDataDir } from './data-dir.ts';
import { presentFormat, requireOwnFormat } from './data-format.ts';
import { LaunchError } from './launch-error.ts';

function newDataDir() {
  const dataDir = openDataDir(path.join(temporaryFolder(), 'data'));
  onTestFinished(() => dataDir.release());
  return dataDir;
}

test('a folder that this version has marked is opened again, whatever is in it', () => {
  const dataDir = newDataDir();
  requireOwnFormat(dataDir);
  expect(fs.readFileSync(dataDir.file('format'), 'utf8')).toBe(presentFormat());
  fs.mkdirSync(dataDir.file('signers'));
  fs.mkdirSync(dataDir.file('postgres'));
  expect(() => requireOwnFormat(dataDir)).not.toThrow();
});

test.each([
  ['another format', 'signers 1, tables 0123456789abcdef\n'],
  ['no format at all', undefined],
])('data of %s is refused with the way out, and left as it is', (_, format) => {
  for (const stored of ['postgres', 'signers']) {
    const dataDir = newDataDir();
    fs.mkdirSync(dataDir.file(stored));
    if (format !== undefined) fs.writeFileSync(dataDir.file('format'), format);
    const before = fs.readdirSync(dataDir.folder).toSorted();
    expect(() => requireOwnFormat(dataDir)).toThrow(LaunchError);
    expect(() => requireOwnFormat(dataDir)).toThrow(/another version.*DATA_DIR=.*mv /);
    expect(fs.readdirSync(dataDir.folder).toSorted()).toEqual(before);
  }
});

test('a folder of another version that holds nothing is taken over', () => {
  const dataDir = newDataDir();
  fs.writeFileSync(dataDir.file('format'), 'signers 1, tables 0123456789abcdef\n');
  requireOwnFormat(dataDir);
  expect(fs.readFileSync(dataDir.file('format'), 'utf8')).toBe(presentFormat());
});
