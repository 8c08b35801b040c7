/**
 * Finds the rules that a request can match without trying all of them. A rule that is an `and` is
 * filed under one part of it, the one that fewest rules share; if that part is false for a request,
 * so is the rule. If the fact that the part looks at is missing, every rule filed under such parts
 * is tried: missing facts must not hide a rule. A negated part does not say where to look, so it
 * never is the key.
 */
import { Drawer } from './drawer.ts';
import type { Facts } from './facts.ts';
import { pathOf } from './field-facts.ts';
import { Crowding, type Filing, filingsOf } from './filing.ts';
import { Hits } from './hits.ts';
import { type NumberedRule, Row, type RowWorld, conjuncts } from './row.ts';

export class RuleIndex {
  /** Rules that no single fact finds. */
  readonly #always: Row[] = [];
  readonly #drawers: readonly Drawer[];

  constructor(rules: readonly NumberedRule[], world: RowWorld) {
    const places = rules.map(({ rule }) =>
      conjuncts(rule.condition).flatMap((part) => filingsOf(part, world.linked)),
    );
    const crowding = new Crowding();
    for (const filing of places.flat()) crowding.add(filing);
    const drawers = new Map<string, Drawer>();
    for (const [at, rule] of rules.entries()) {
      const filing = leastCrowded(places[at] ?? [], crowding);
      const row = new Row(rule, filing?.part, world);
      if (filing === undefined) this.#always.push(row);
      else drawerOf(drawers, filing).file(row, filing);
    }
    this.#drawers = [...drawers.values()];
    for (const drawer of this.#drawers) drawer.close();
  }

  /** The rules that are true or missing. */
  find(facts: Facts): Hits {
    const hits = new Hits();
    for (const row of this.#always) hits.add(row, row.remainder(facts));
    for (const drawer of this.#drawers) drawer.find(facts, hits);
    return hits;
  }
}

function leastCrowded(filings: readonly Filing[], crowding: Crowding): Filing | undefined {
  let best: Filing | undefined;
  let least = Infinity;
  for (const filing of filings) {
    const crowd = crowding.of(filing);
    if (crowd < least) [best, least] = [filing, crowd];
  }
  return best;
}

function drawerOf(drawers: Map<string, Drawer>, { field, isAddresses }: Filing): Drawer {
  const name = pathOf(field);
  const drawer = drawers.get(name) ?? new Drawer(field, isAddresses);
  drawers.set(name, drawer);
  return drawer;
}
