/**
 * Address lists: `lists/*.csv` with the header `label,network,address` (RFC 4180, one line a row).
 * The reader is strict and total, and each fault points at its place in the file; csv-parse is its
 * oracle in the tests.
 */
import type { NetworkId } from '#core/money.ts';
import { type AddressKey, readAddress } from '#policy-lang/values/address.ts';
import { hiddenCharacters } from '#policy-lang/syntax/characters.ts';
import { didYouMean } from '#policy-lang/checking/nearest-name.ts';
import type { Report } from '#policy-lang/checking/report.ts';
import type { SourceText } from '#policy-lang/syntax/source-text.ts';
import type { AddressFamily, World } from '#policy-lang/world.ts';

/** Labels by address. An address that stands in several rows keeps its first label. */
export type AddressList = ReadonlyMap<AddressKey, string>;

const HEADER = 'label,network,address';

type Field = { readonly text: string; readonly start: number; readonly end: number };

/** The fields of one line, or the offset within the line at which a quote is misplaced. */
export function splitRow(line: string): readonly Field[] | number {
  const fields: Field[] = [];
  let at = 0;
  for (;;) {
    const start = at;
    if (line[at] === '"') {
      const close = closingQuote(line, start + 1);
      if (close < 0) return start;
      at = close + 1;
      fields.push({ text: line.slice(start + 1, close).replaceAll('""', '"'), start, end: at });
      if (at < line.length && line[at] !== ',') return at;
    } else {
      const comma = line.indexOf(',', at);
      at = comma < 0 ? line.length : comma;
      const text = line.slice(start, at);
      if (text.includes('"')) return start + text.indexOf('"');
      fields.push({ text, start, end: at });
    }
    if (at >= line.length) return fields;
    at += 1;
  }
}

/** The first quote from `from` on that is not doubled, or -1. */
function closingQuote(line: string, from: number): number {
  let at = line.indexOf('"', from);
  while (at >= 0 && line[at + 1] === '"') at = line.indexOf('"', at + 2);
  return at;
}

/** The network's family, where the world has a network of that name. */
export function familyOf(world: World, network: string): AddressFamily | undefined {
  const named = world.networks?.get(network as NetworkId);
  if (named !== undefined) return named;
  for (const asset of world.assets.values()) if (asset.network === network) return asset.family;
  return undefined;
}

export function networkNames(world: World): readonly string[] {
  const names = [...(world.networks?.keys() ?? [])] as string[];
  for (const asset of world.assets.values()) names.push(asset.network);
  return [...new Set(names)];
}

export function readListFile(source: SourceText, world: World, report: Report): AddressList {
  const hidden = hiddenCharacters(source.text);
  for (const { code, offset, length, message, hint } of hidden) {
    report.add(code, source.span(offset, offset + length), message, hint);
  }
  const list = new Map<AddressKey, string>();
  if (hidden.length > 0) return list;
  const [first = '', ...rows] = source.text.split('\n');
  if (first.replace(/\r$/, '') !== HEADER) {
    const message = `A list begins with the line "${HEADER}".`;
    report.add('BAD_IMPORT', source.span(0, first.length), message, 'Write it as the first line.');
    return list;
  }
  let offset = first.length + 1;
  for (const row of rows) {
    const line = row.replace(/\r$/, '');
    if (line !== '') readRow({ source, world, report, line, offset, list });
    offset += row.length + 1;
  }
  return list;
}

function readRow(row: {
  source: SourceText;
  world: World;
  report: Report;
  line: string;
  offset: number;
  list: Map<AddressKey, string>;
}): void {
  const { source, world, report, line, offset, list } = row;
  const place = (start: number, end: number) => source.span(offset + start, offset + end);
  const fields = splitRow(line);
  if (typeof fields === 'number') {
    const message = 'A quote stands inside a field, or is not closed.';
    const hint = 'Put the whole field in quotes, and write each quote in it twice.';
    report.add('BAD_IMPORT', place(fields, fields + 1), message, hint);
    return;
  }
  const [label, network, address] = fields;
  if (label === undefined || network === undefined || address === undefined || fields.length > 3) {
    const message = `A row has the three fields ${HEADER}, this one has ${fields.length}.`;
    const hint = 'Put a label that contains a comma in quotes.';
    report.add('BAD_IMPORT', place(0, line.length), message, hint);
    return;
  }
  const family = familyOf(world, network.text);
  if (family === undefined) {
    report.add(
      'UNKNOWN_NAME',
      place(network.start, network.end),
      `There is no network "${network.text}".`,
      () => didYouMean(network.text, networkNames(world)),
    );
    return;
  }
  const read = readAddress(address.text, family);
  if (!read.ok) {
    report.add('BAD_ADDRESS', place(address.start, address.end), read.message, read.hint);
    return;
  }
  if (!list.has(read.key)) list.set(read.key, label.text);
}
