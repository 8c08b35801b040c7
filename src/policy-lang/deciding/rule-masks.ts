/**
 * Finds the rules that a request can match in a policy of not too many: each rule is a bit. For each
 * value that rules name there is a mask of the rules that it leaves open; only the rules in all masks
 * of a request are looked at, and they come in the order of the files. Where a fact is missing,
 * every rule is: missing facts must not hide a rule.
 */
import type { AssetId } from '#core/money.ts';
import { type Condition, conjuncts } from '#policy-lang/checking/condition.ts';
import { Facts, type KnownAsset, type Linked } from './facts.ts';
import { addressReader, textReader, textSetReader } from './field-facts.ts';
import { type Filing, drawerNameOf, filingsOf, isSetField } from './filing.ts';
import { Hits } from './hits.ts';
import { LimitColumn } from './limit-column.ts';
import { MaskColumn } from './mask-column.ts';
import { ALL_RULES, MaskTable, WORD_BITS } from './mask-table.ts';
import { type NumberedRule, Row, type RowWorld } from './row.ts';
import { type StepRange, within } from '#policy-lang/values/money-steps.ts';
import { Spellings } from './spellings.ts';
import type { Snapshot } from '#policy-lang/snapshot.ts';
import { knownAddressKey } from '#policy-lang/values/address-memory.ts';
import * as truths from './truth.ts';
import type { Worth } from './worth.ts';

/** Whatever is imported is read anew at each use; this is not. */
const { MISSING, TRUE } = truths;

/** So few rules that ask for another kind of fact are asked one by one. */
const FEW = 2;

/** In place of a mask: the fact is missing. */
const NO_MASK = -1;

/** These are read without a reader, so they have columns wherever a rule asks for them. */
const TAGS = 'text wallet.tags';
const WALLET = 'text wallet';
const RECIPIENT = 'address recipient';
const ASSET = 'text asset';

/** What one lookup of a request's asset tells. */
type AssetEntry = { readonly known: KnownAsset; readonly mask: number };

export class RuleMasks {
  /** Of the last request: the rules that are true, as bits. */
  readonly found: Int32Array;
  /** Of the last request: the rules that may be, as bits. */
  private readonly open: Int32Array;
  /** Of the last request: what it is worth. */
  private steps = 0;
  private readonly rows: readonly Row[];
  private readonly masks: Int32Array;
  private readonly width: number;
  /** Where the mask of the rules begins of which the columns say everything. */
  private readonly plain: number;
  private readonly byWorth: LimitColumn;
  private readonly byTag: MaskColumn | undefined;
  private readonly byWallet: MaskColumn | undefined;
  private readonly byRecipient: MaskColumn | undefined;
  private readonly byAsset: MaskColumn | undefined;
  /** Every asset that the policy's world knows. */
  private readonly assets: ReadonlyMap<AssetId, AssetEntry>;
  private readonly byOthers: readonly ((facts: Facts) => number)[];
  /** Where the rules are put together that all other columns leave open. */
  private readonly common: number;
  private readonly spellings = new Spellings<number>();
  private readonly hits = new Hits();
  private readonly worth: Worth;
  private readonly linked: Linked;

  constructor(rules: readonly NumberedRule[], world: RowWorld) {
    const choices = rules.map(({ rule }) =>
      conjuncts(rule.condition).flatMap((part) => filingsOf(part, world.linked)),
    );
    const filed = rules.map(() => new Set<Condition>());
    const table = new MaskTable(rules.length);
    const columns = new Map<string, readonly [MaskColumn, Filing]>();
    for (const name of columnNames(choices)) {
      const filings = choices.map((all) => all.find((filing) => drawerNameOf(filing) === name));
      for (const [rule, filing] of filings.entries()) {
        if (filing?.part !== undefined) filed[rule]?.add(filing.part);
      }
      const one = filings.find((filing) => filing !== undefined);
      if (one !== undefined) columns.set(name, [new MaskColumn(filings, table), one]);
    }
    const ranges = rules.map(({ rule }, at) => {
      let range: StepRange = {};
      for (const part of conjuncts(rule.condition)) {
        const own = world.worth.rangeOf(part);
        if (own === undefined) continue;
        range = within(range, own);
        filed[at]?.add(part);
      }
      return range;
    });
    this.byWorth = new LimitColumn(ranges, table);
    this.rows = rules.map((rule, at) => new Row(rule, filed[at] ?? new Set(), world));
    this.plain = table.keep([...this.rows.keys()].filter((at) => this.rows[at]?.isPlain));
    this.common = table.scratch();
    this.masks = table.all;
    this.width = table.width;
    this.found = new Int32Array(table.width);
    this.open = new Int32Array(table.width);
    const take = (name: string): MaskColumn | undefined => {
      const column = columns.get(name);
      columns.delete(name);
      return column?.[0];
    };
    this.byTag = take(TAGS);
    this.byWallet = take(WALLET);
    this.byRecipient = take(RECIPIENT);
    const byAsset = take(ASSET);
    this.byAsset = byAsset;
    this.assets = new Map(
      Array.from(world.linked.assets, ([id, known]) => [
        known.id,
        { known, mask: byAsset?.of(id) ?? ALL_RULES },
      ]),
    );
    this.byOthers = [...columns.values()].map(([column, filing]) => this.reads(column, filing));
    this.worth = world.worth;
    this.linked = world.linked;
  }

  /**
   * Notes in `found` which rules are true.
   * @returns whether they say all there is to the decision: no fact is missing, and what each of
   *   them contributes depends on nothing else
   */
  search(snapshot: Snapshot): boolean {
    const { found, open, masks, width, plain } = this;
    // Most requests are decided without them.
    let facts: Facts | undefined;
    if (!this.narrow(snapshot, facts)) return false;
    for (let word = 0; word < width; word++) {
      const tried = open[word] as number;
      let sure = tried & (masks[plain + word] as number);
      for (let left = tried & ~sure; left !== 0; left &= left - 1) {
        const row = this.rowAt(word, left);
        facts ??= new Facts(snapshot, this.linked);
        const truth = row.remainder(facts, this.steps);
        if (truth === MISSING || (truth === TRUE && row.mayExceedLimit)) return false;
        if (truth === TRUE) sure |= left & -left;
      }
      found[word] = sure;
    }
    return true;
  }

  /** The rules that are true or missing, in the order of the files; until the next request. */
  find(facts: Facts): Hits {
    const { hits, open, rows, width } = this;
    hits.clear();
    if (!this.narrow(facts.snapshot, facts)) {
      for (const row of rows) hits.add(row, row.test(facts));
      return hits;
    }
    for (let word = 0; word < width; word++) {
      for (let left = open[word] as number; left !== 0; left &= left - 1) {
        const row = this.rowAt(word, left);
        hits.add(row, row.remainder(facts, this.steps));
      }
    }
    return hits;
  }

  /** Notes in `open` which rules no column rules out; false where a fact is missing. */
  private narrow(snapshot: Snapshot, facts: Facts | undefined): boolean {
    const { open, masks, width, linked, byOthers } = this;
    const { asset, wallet: from, recipient: to } = snapshot.request;
    const entry = asset === undefined ? undefined : this.assets.get(asset);
    const steps = this.worth.stepsAt(snapshot, entry?.known);
    const ofAsset = entry === undefined ? this.openToAsset(asset) : entry.mask;
    const tag = this.openToTags(from?.tags);
    const recipient = this.openToRecipient(to);
    const other =
      byOthers.length === 0 ? ALL_RULES : this.openToOthers(facts ?? new Facts(snapshot, linked));
    if (tag < 0 || recipient < 0 || ofAsset < 0 || other < 0 || Number.isNaN(steps)) return false;
    this.steps = steps;
    const worth = this.byWorth.of(steps);
    const unasked = this.byWallet === undefined ? ALL_RULES : this.byWallet.free;
    let asked = 0;
    for (let word = 0; word < width; word++) {
      const left =
        (masks[worth + word] as number) &
        (masks[tag + word] as number) &
        (masks[recipient + word] as number) &
        (masks[ofAsset + word] as number) &
        (masks[other + word] as number);
      open[word] = left;
      asked |= left & ~(masks[unasked + word] as number);
    }
    return asked === 0 || this.narrowByWallet(from?.id);
  }

  /** Most wallets are named by few rules, which are ruled out already: then nobody asks. */
  private narrowByWallet(id: string | undefined): boolean {
    const { open, masks, width, byWallet } = this;
    if (id === undefined || byWallet === undefined) return false;
    const wallet = byWallet.of(id);
    for (let word = 0; word < width; word++) {
      open[word] = (open[word] as number) & (masks[wallet + word] as number);
    }
    return true;
  }

  /** The rule of the lowest bit that is set. */
  private rowAt(word: number, bits: number): Row {
    return this.rows[word * WORD_BITS + 31 - Math.clz32(bits & -bits)] as Row;
  }

  private openToTags(tags: readonly string[] | undefined): number {
    if (this.byTag === undefined) return ALL_RULES;
    return tags === undefined ? NO_MASK : this.byTag.ofAny(tags, this.masks);
  }

  /** Of an asset that nobody knows, or of none. */
  private openToAsset(asset: AssetId | undefined): number {
    if (this.byAsset === undefined) return ALL_RULES;
    return asset === undefined ? NO_MASK : this.byAsset.of(asset);
  }

  private openToRecipient(spelling: string | undefined): number {
    const { byRecipient, spellings } = this;
    if (byRecipient === undefined) return ALL_RULES;
    if (spelling === undefined) return NO_MASK;
    const known = spellings.get(spelling);
    if (known !== undefined) return known;
    const recipient = knownAddressKey(spelling);
    const mask = recipient === undefined ? NO_MASK : byRecipient.of(recipient);
    spellings.set(spelling, mask);
    return mask;
  }

  private openToOthers(facts: Facts): number {
    const { masks, common, width } = this;
    for (let word = 0; word < width; word++)
      masks[common + word] = masks[ALL_RULES + word] as number;
    for (const openTo of this.byOthers) {
      const mask = openTo(facts);
      if (mask === NO_MASK) return NO_MASK;
      for (let word = 0; word < width; word++) {
        masks[common + word] = (masks[common + word] as number) & (masks[mask + word] as number);
      }
    }
    return common;
  }

  private reads(column: MaskColumn, { field, isAddresses }: Filing): (facts: Facts) => number {
    if (isSetField(field)) {
      const read = textSetReader(field);
      return (facts) => {
        const keys = read(facts);
        return keys === undefined ? NO_MASK : column.ofAny(keys, this.masks);
      };
    }
    const read = isAddresses ? addressReader(field) : textReader(field);
    return (facts) => {
      const key = read(facts);
      return key === undefined ? NO_MASK : column.of(key);
    };
  }
}

/**
 * For which kinds of fact there are columns: a rule that asks for several of the frequent ones is in
 * several columns, and the others have one only where rules are in none otherwise.
 */
function columnNames(choices: readonly (readonly Filing[])[]): readonly string[] {
  let named = choices.map((filings) => new Set(filings.map(drawerNameOf)));
  const countOf = (name: string): number => named.filter((names) => names.has(name)).length;
  const taken = [TAGS, WALLET, RECIPIENT, ASSET].filter((name) => countOf(name) > 0);
  named = named.filter((names) => !taken.some((name) => names.has(name)));
  for (;;) {
    const all = [...new Set(named.flatMap((names) => [...names]))];
    const [most] = all.toSorted((left, right) => countOf(right) - countOf(left));
    if (most === undefined || countOf(most) <= FEW) return taken;
    taken.push(most);
    named = named.filter((names) => !names.has(most));
  }
}
