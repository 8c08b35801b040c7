/** The rules that are filed under one kind of fact, by its values. */
import type { FieldRef } from '#policy-lang/checking/condition.ts';
import type { Facts } from './facts.ts';
import { type Reader, addressReader, textReader, textSetReader } from './field-facts.ts';
import { type Filing, type KeySet, isSetField } from './filing.ts';
import type { Hits } from './hits.ts';
import type { Row } from './row.ts';
import { Spellings } from './spellings.ts';

const NONE: readonly Row[] = [];

export class Drawer {
  /** Of what the index does not read itself. */
  private readonly one: Reader<string> | undefined;
  private readonly several: Reader<readonly string[]> | undefined;
  private readonly all: Row[] = [];
  private readonly bySet = new Map<KeySet, Row[]>();
  private readonly byKey = new Map<string, Row[]>();
  private readonly bySpelling = new Spellings<readonly Row[]>();

  constructor(field: FieldRef, isAddress: boolean) {
    const isSet = isSetField(field);
    const one = isAddress ? addressReader : textReader;
    this.one = isSet ? undefined : one(field);
    this.several = isSet ? textSetReader(field) : undefined;
  }

  file(row: Row, { keys, isAddresses }: Filing): void {
    this.all.push(row);
    if (isAddresses) pushTo(this.bySet, keys, row);
    else for (const key of keys.keys()) pushTo(this.byKey, key, row);
  }

  /** After the last rule: lays out address sets by address. Addresses of one set share its rules. */
  close(): void {
    const shared = new Set(this.bySet.values());
    for (const [set, rows] of this.bySet) {
      for (const key of set.keys()) {
        const before = this.byKey.get(key);
        if (before === undefined) this.byKey.set(key, rows);
        else if (shared.has(before)) this.byKey.set(key, [...before, ...rows]);
        else before.push(...rows);
      }
    }
    this.bySet.clear();
  }

  find(facts: Facts, steps: number, hits: Hits): void {
    if (this.one !== undefined) this.findOne(this.one(facts), facts, steps, hits);
    else this.findSeveral(this.several?.(facts), facts, steps, hits);
  }

  /** Recipients come again: what a spelling led to is remembered, so that it is read once. */
  findRecipient(facts: Facts, steps: number, hits: Hits): void {
    const spelling = facts.request.recipient;
    const known = spelling === undefined ? undefined : this.bySpelling.get(spelling);
    if (known !== undefined) {
      tryEach(known, facts, steps, hits);
      return;
    }
    const { recipient } = facts;
    if (spelling !== undefined && recipient !== undefined) {
      this.bySpelling.set(spelling, this.byKey.get(recipient) ?? NONE);
    }
    this.findOne(recipient, facts, steps, hits);
  }

  findOne(key: string | undefined, facts: Facts, steps: number, hits: Hits): void {
    if (key === undefined) {
      this.findAll(facts, hits);
      return;
    }
    const rows = this.byKey.get(key);
    if (rows !== undefined) tryEach(rows, facts, steps, hits);
  }

  findSeveral(keys: readonly string[] | undefined, facts: Facts, steps: number, hits: Hits): void {
    if (keys === undefined) {
      this.findAll(facts, hits);
      return;
    }
    for (let at = 0; at < keys.length; at++) this.findOne(keys[at], facts, steps, hits);
  }

  /** The fact is missing, so each of these rules may match. */
  private findAll(facts: Facts, hits: Hits): void {
    for (const row of this.all) hits.add(row, row.test(facts));
  }
}

/**
 * What the rules are filed under is true.
 * @param steps what the request is worth; NaN where that is not known
 */
export function tryEach(rows: readonly Row[], facts: Facts, steps: number, hits: Hits): void {
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at] as Row;
    hits.add(row, row.remainder(facts, steps));
  }
}

function pushTo<K>(rows: Map<K, Row[]>, key: K, row: Row): void {
  const there = rows.get(key);
  if (there === undefined) rows.set(key, [row]);
  else there.push(row);
}
