/** The rules that are filed under one kind of fact, by its values. */
import type { FieldRef } from './condition.ts';
import type { Facts } from './facts.ts';
import { type Reader, addressReader, textReader, textSetReader } from './field-facts.ts';
import type { Filing, KeySet } from './filing.ts';
import type { Hits } from './hits.ts';
import type { Row } from './row.ts';

/** How the fact is read; the frequent ones without a call through a closure. */
const TAGS = 0;
const ROLES = 1;
const WALLET = 2;
const ASSET = 3;
const RECIPIENT = 4;
const ONE = 5;
const SEVERAL = 6;

const KINDS: Readonly<Record<string, number>> = {
  'wallet.tags': TAGS,
  'initiator.roles': ROLES,
  wallet: WALLET,
  asset: ASSET,
  recipient: RECIPIENT,
  'screening.direct-exposure': SEVERAL,
  'screening.categories': SEVERAL,
  'screening.address-categories': SEVERAL,
};

export class Drawer {
  readonly #kind: number;
  readonly #one: Reader<string> | undefined;
  readonly #several: Reader<readonly string[]> | undefined;
  readonly #all: Row[] = [];
  readonly #bySet = new Map<KeySet, Row[]>();
  readonly #byKey = new Map<string, Row[]>();

  constructor(field: FieldRef, isAddress: boolean) {
    this.#kind = KINDS[field.path] ?? ONE;
    if (this.#kind === ONE) this.#one = isAddress ? addressReader(field) : textReader(field);
    if (this.#kind === SEVERAL) this.#several = textSetReader(field);
  }

  file(row: Row, { keys, isAddresses }: Filing): void {
    this.#all.push(row);
    if (isAddresses) pushTo(this.#bySet, keys, row);
    else for (const key of keys.keys()) pushTo(this.#byKey, key, row);
  }

  /** After the last rule: lays out address sets by address. Addresses of one set share its rules. */
  close(): void {
    const shared = new Set(this.#bySet.values());
    for (const [set, rows] of this.#bySet) {
      for (const key of set.keys()) {
        const before = this.#byKey.get(key);
        if (before === undefined) this.#byKey.set(key, rows);
        else if (shared.has(before)) this.#byKey.set(key, [...before, ...rows]);
        else before.push(...rows);
      }
    }
    this.#bySet.clear();
  }

  find(facts: Facts, hits: Hits): void {
    switch (this.#kind) {
      case TAGS:
        this.#findSeveral(facts.tags, facts, hits);
        return;
      case ROLES:
        this.#findSeveral(facts.roles, facts, hits);
        return;
      case WALLET:
        this.#findOne(facts.request.wallet?.id, facts, hits);
        return;
      case ASSET:
        this.#findOne(facts.asset, facts, hits);
        return;
      case RECIPIENT:
        this.#findOne(facts.recipient, facts, hits);
        return;
      default:
        if (this.#one !== undefined) this.#findOne(this.#one(facts), facts, hits);
        else this.#findSeveral(this.#several?.(facts), facts, hits);
    }
  }

  #findOne(key: string | undefined, facts: Facts, hits: Hits): void {
    if (key === undefined) {
      this.#findAll(facts, hits);
      return;
    }
    const rows = this.#byKey.get(key);
    if (rows === undefined) return;
    for (const row of rows) hits.add(row, row.remainder(facts));
  }

  #findSeveral(keys: readonly string[] | undefined, facts: Facts, hits: Hits): void {
    if (keys === undefined) {
      this.#findAll(facts, hits);
      return;
    }
    for (const key of keys) this.#findOne(key, facts, hits);
  }

  /** The fact is missing, so each of these rules may match. */
  #findAll(facts: Facts, hits: Hits): void {
    for (const row of this.#all) hits.add(row, row.test(facts));
  }
}

function pushTo<K>(rows: Map<K, Row[]>, key: K, row: Row): void {
  const there = rows.get(key);
  if (there === undefined) rows.set(key, [row]);
  else there.push(row);
}
