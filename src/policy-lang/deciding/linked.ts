/** What the names of a checked bundle stand for. */
import { type Linked, knownAssets } from './facts.ts';
import type { Scope } from '#policy-lang/checking/scope.ts';

export const linkedOf = (scope: Scope): Linked => ({
  assets: knownAssets(scope.world.assets),
  lists: new Map([...scope.lists].map(([name, { content }]) => [name, content])),
  contracts: new Map([...scope.contracts].map(([name, { content }]) => [name, content.addresses])),
  groups: new Map([...scope.groups].map(([name, { content }]) => [name, content])),
});
