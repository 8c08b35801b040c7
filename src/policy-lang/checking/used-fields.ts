/** Which fields of a request the rules of a policy read. */
import type { CompiledPolicy } from '#policy-lang/compiled-policy.ts';
import { atomsOf, type Condition, type FieldPath } from './condition.ts';

/** Fields that comparisons name, those in the `where` of a total included; money is not among them. */
export function fieldsReadBy({ program }: CompiledPolicy): ReadonlySet<FieldPath> {
  return new Set(program.rules.flatMap(({ condition }) => [...fieldsIn(condition)]));
}

function* fieldsIn(condition: Condition): Generator<FieldPath> {
  for (const atom of atomsOf(condition)) {
    if ('field' in atom) yield atom.field.path;
    if (atom.kind === 'wallet-tagged') yield 'wallet.tags';
    if (atom.kind === 'same-address') yield atom.as.path;
    if (atom.kind === 'total' && atom.need.where !== undefined) yield* fieldsIn(atom.need.where);
  }
}
