import { parse as parseCsv } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BANNED, STRANGER, VENDOR, WORLD } from '#testing/policy-fixtures.ts';
import { addressKey } from '#policy-lang/values/address.ts';
import { readListFile, splitRow } from './list-file.ts';
import { Report } from '#policy-lang/checking/report.ts';
import { SourceText } from '#policy-lang/syntax/source-text.ts';

function read(content: string) {
  const report = new Report();
  const list = readListFile(new SourceText('lists/x.csv', content), WORLD, report);
  const faults = report
    .diagnostics()
    .map(({ code, span }) => `${code} ${span.start.line}:${span.start.column}`);
  return { entries: [...list], faults };
}
const rows = (...lines: string[]) => ['label,network,address', ...lines, ''].join('\n');

test('a list is read by address, with its labels', () => {
  expect(read(rows(`Vendor XYZ,ethereum,${VENDOR}`, `"Smith, ""Bob""",polygon,${BANNED}`))).toEqual(
    {
      entries: [
        [addressKey(VENDOR), 'Vendor XYZ'],
        [addressKey(BANNED), 'Smith, "Bob"'],
      ],
      faults: [],
    },
  );
});

test('an address may stand on several networks; its first label counts', () => {
  const { entries, faults } = read(rows(`A,ethereum,${VENDOR}`, `B,polygon,${VENDOR}`, ''));
  expect([entries, faults]).toEqual([[[addressKey(VENDOR), 'A']], []]);
});

test('Windows line ends are read', () => {
  expect(read(rows(`A,ethereum,${VENDOR}`).replaceAll('\n', '\r\n')).faults).toEqual([]);
});

test.each([
  ['another header', `address\n${VENDOR}\n`, 'BAD_IMPORT 1:1'],
  ['an empty file', '', 'BAD_IMPORT 1:1'],
  ['a missing field', rows(`ethereum,${VENDOR}`), 'BAD_IMPORT 2:1'],
  ['a field too many', rows(`a,b,ethereum,${VENDOR}`), 'BAD_IMPORT 2:1'],
  ['an unknown network', rows(`A,etherum,${VENDOR}`), 'UNKNOWN_NAME 2:3'],
  ['a wrong checksum', rows(`A,ethereum,${VENDOR.replace('E7', 'e7')}`), 'BAD_ADDRESS 2:12'],
  ['a trailing space', rows(`A,ethereum,${VENDOR} `), 'BAD_ADDRESS 2:12'],
  ['an open quote', rows(`"A,ethereum,${VENDOR}`), 'BAD_IMPORT 2:1'],
  ['text behind a quote', rows(`"A"b,ethereum,${VENDOR}`), 'BAD_IMPORT 2:4'],
  ['a quote in a field', rows(`A"b,ethereum,${VENDOR}`), 'BAD_IMPORT 2:2'],
  ['a hidden character in a label', rows(`A\u202e,ethereum,${VENDOR}`), 'BIDI_CONTROL 2:2'],
])('%s is refused at its place', (_, content, fault) => {
  expect(read(content).faults).toEqual([fault]);
});

test('a faulty row does not hide the others', () => {
  const { entries, faults } = read(rows('A,ethereum,x', `B,ethereum,${STRANGER}`, 'C'));
  expect(entries).toHaveLength(1);
  expect(faults).toEqual(['BAD_ADDRESS 2:12', 'BAD_IMPORT 4:1']);
});

test('a row that is accepted means what csv-parse reads', () => {
  const piece = fc.constantFrom('a', 'b c', ',', '"', '""', '"x"', '"x,y"', '"p""q"', ' ', '');
  const line = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(line, (text) => {
      const fields = splitRow(text);
      if (typeof fields === 'number' || text === '') return;
      const [row] = parseCsv(`${text}\n`);
      expect(fields.map((field) => field.text)).toEqual(row);
    }),
    { numRuns: 2_000 },
  );
});
