import { expect, test } from 'vitest';
import { HEADER, SUPPORT, compile } from '#testing/policy-fixtures.ts';
import { bundleHash } from '#policy-lang/bundle-files.ts';

const LIST = 'import list banned from "lists/banned.csv"';
const found = (code: string, header: string) =>
  compile(header).diagnostics.flatMap((item) => (item.code === code ? [item] : []));

const sha256 = (header: string): string => {
  const [changed] = found('BAD_IMPORT', header.replace(LIST, `${LIST} sha256 "${'0'.repeat(64)}"`));
  return /its sha256 is ([0-9a-f]{64})/.exec(changed?.message ?? '')?.[1] ?? '';
};

test('no import needs a hash: the bundle has one', () => {
  expect(found('NOT_PINNED', HEADER)).toEqual([]);
  expect(bundleHash(SUPPORT)).toHaveLength(64);
});

test('an import with the hash of its file is fine, one with another is not', () => {
  const pinned = HEADER.replace(LIST, `${LIST} sha256 "${sha256(HEADER)}"`);
  expect(found('BAD_IMPORT', pinned)).toEqual([]);
  const [short] = found('BAD_IMPORT', HEADER.replace(LIST, `${LIST} sha256 "9f2c"`));
  expect(short?.message).toBe('A sha256 is 64 digits 0-9, a-f.');
  expect(short?.fix).toBeUndefined();
});

test('where one import is pinned, the others are to be, and the change says how', () => {
  const pinned = HEADER.replace(LIST, `${LIST} sha256 "${sha256(HEADER)}"`);
  const missing = found('NOT_PINNED', pinned);
  expect(missing.map(({ message }) => message)).toEqual([
    'The import approved-vendors has no sha256, and other imports have one.',
    'The import managers has no sha256, and other imports have one.',
    'The import directors has no sha256, and other imports have one.',
  ]);
  let fixed = pinned;
  for (const { fix } of missing.toReversed()) {
    const { start, end } = fix?.span ?? { start: { offset: 0 }, end: { offset: 0 } };
    fixed = fixed.slice(0, start.offset) + (fix?.text ?? '') + fixed.slice(end.offset);
  }
  expect(found('NOT_PINNED', fixed)).toEqual([]);
  expect(found('BAD_IMPORT', fixed)).toEqual([]);
});
