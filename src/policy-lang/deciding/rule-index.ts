/**
 * Finds the rules that a request can match without trying all of them. A rule that is an `and` is
 * filed under one part of it, the one that fewest rules share; if that part is false for a request,
 * so is the rule. If the fact that the part looks at is missing, every rule filed under such parts
 * is tried: missing facts must not hide a rule. A negated part does not say where to look, so it
 * never is the key.
 */
import { conjuncts } from '#policy-lang/checking/condition.ts';
import { Drawer, tryEach } from './drawer.ts';
import type { Facts } from './facts.ts';
import { filedPlaces } from './filed-places.ts';
import { type Filing, drawerNameOf, filingsOf } from './filing.ts';
import { Hits } from './hits.ts';
import { type NumberedRule, Row, type RowWorld } from './row.ts';
import type { Worth } from './worth.ts';

/** So few rules of one kind of fact are tried faster than they are looked up. */
const FEW = 2;

export class RuleIndex {
  /** Rules that no single fact finds. */
  private readonly always: Row[] = [];
  /** The frequent ones by name, so that each is asked without a choice and without a reader. */
  private readonly byTag: Drawer | undefined;
  private readonly byWallet: Drawer | undefined;
  private readonly byRecipient: Drawer | undefined;
  private readonly byOthers: readonly Drawer[];
  private readonly hits = new Hits();
  private readonly worth: Worth;

  constructor(rules: readonly NumberedRule[], world: RowWorld) {
    const choices = rules.map(({ rule }) =>
      conjuncts(rule.condition).flatMap((part) => filingsOf(part, world.linked)),
    );
    const filings = filedPlaces(choices);
    const crowds = countBy(filings, (filing) => filing && drawerNameOf(filing));
    const drawers = new Map<string, Drawer>();
    for (const [at, rule] of rules.entries()) {
      const filing = filings[at];
      const isFew = filing !== undefined && (crowds.get(drawerNameOf(filing)) ?? 0) <= FEW;
      const place = isFew ? undefined : filing;
      const row = new Row(rule, new Set(place?.part && [place.part]), world);
      if (place === undefined) this.always.push(row);
      else drawerOf(drawers, place).file(row, place);
    }
    for (const drawer of drawers.values()) drawer.close();
    const take = (name: string): Drawer | undefined => {
      const drawer = drawers.get(name);
      drawers.delete(name);
      return drawer;
    };
    this.byTag = take('text wallet.tags');
    this.byWallet = take('text wallet');
    this.byRecipient = take('address recipient');
    this.byOthers = [...drawers.values()];
    this.worth = world.worth;
  }

  /** The rules that are true or missing, in the order of the files; until the next request. */
  find(facts: Facts): Hits {
    const { hits } = this;
    hits.clear();
    const steps = this.worth.stepsOf(facts);
    tryEach(this.always, facts, steps, hits);
    this.byTag?.findSeveral(facts.tags, facts, steps, hits);
    this.byWallet?.findOne(facts.wallet, facts, steps, hits);
    this.byRecipient?.findRecipient(facts, steps, hits);
    for (const drawer of this.byOthers) drawer.find(facts, steps, hits);
    hits.order();
    return hits;
  }
}

function countBy<T>(
  items: readonly T[],
  keyOf: (item: T) => string | undefined,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) {
    const key = keyOf(item);
    if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

function drawerOf(drawers: Map<string, Drawer>, filing: Filing): Drawer {
  const name = drawerNameOf(filing);
  const drawer = drawers.get(name) ?? new Drawer(filing.field, filing.isAddresses);
  drawers.set(name, drawer);
  return drawer;
}
