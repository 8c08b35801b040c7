/** How large a condition is with its definitions written out. */
import type { Condition } from './condition.ts';

export type ConditionSize = { readonly atoms: number; readonly depth: number };

/**
 * Definitions are shared, not copied, so that sixty of them can stand for more comparisons than
 * there is memory: each node is measured once.
 */
const sizes = new WeakMap<Condition, ConditionSize>();

export function sizeOf(condition: Condition): ConditionSize {
  const before = sizes.get(condition);
  if (before !== undefined) return before;
  const size = measure(condition);
  sizes.set(condition, size);
  return size;
}

function measure(condition: Condition): ConditionSize {
  switch (condition.kind) {
    case 'and':
    case 'or': {
      let atoms = 0;
      let depth = 0;
      for (const part of condition.parts) {
        const size = sizeOf(part);
        atoms += size.atoms;
        depth = Math.max(depth, size.depth);
      }
      return { atoms, depth: depth + 1 };
    }
    case 'not': {
      const { atoms, depth } = sizeOf(condition.part);
      return { atoms, depth: depth + 1 };
    }
    case 'total': {
      const where = condition.need.where;
      if (where === undefined) return { atoms: 1, depth: 1 };
      const { atoms, depth } = sizeOf(where);
      return { atoms: atoms + 1, depth: depth + 1 };
    }
    default:
      return { atoms: 1, depth: 1 };
  }
}
