/**
 * Under which part of its condition each rule is filed: the one that fewest rules share. A request
 * is looked up once for each kind of fact that rules are filed under, so few kinds are better than
 * many, as long as a request does not meet more rules.
 */
import { Crowding, type Filing, drawerNameOf } from './filing.ts';

/** Of each rule one of its filings; undefined where it has none. */
export type Places = readonly (Filing | undefined)[];

export function filedPlaces(choices: readonly (readonly Filing[])[]): Places {
  const crowding = new Crowding(choices.flat());
  let places: Places = choices.map((filings) => leastCrowded(filings, crowding));
  for (const drawer of smallestFirst(places)) {
    const others = new Set(places.filter(isFiled).map(drawerNameOf));
    others.delete(drawer);
    const moved = places.map((place, at) => {
      if (place === undefined || drawerNameOf(place) !== drawer) return place;
      const elsewhere = (choices[at] ?? []).filter((filing) => others.has(drawerNameOf(filing)));
      return leastCrowded(elsewhere, crowding);
    });
    const areAllFiled = moved.every((place, at) => isFiled(place) === isFiled(places[at]));
    if (areAllFiled && metBy(moved) <= metBy(places)) places = moved;
  }
  return places;
}

const isFiled = (place: Filing | undefined): place is Filing => place !== undefined;

const metBy = (places: Places): number => new Crowding(places.filter(isFiled)).met;

function smallestFirst(places: Places): readonly string[] {
  const sizes = new Map<string, number>();
  for (const name of places.filter(isFiled).map(drawerNameOf)) {
    sizes.set(name, (sizes.get(name) ?? 0) + 1);
  }
  return [...sizes].toSorted(([, left], [, right]) => left - right).map(([name]) => name);
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
