import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ApprovalRequirement } from '#policy-lang/decision.ts';
import { mergeRequirements } from './requirements.ts';

const requirement: fc.Arbitrary<ApprovalRequirement> = fc.record(
  {
    quorums: fc.uniqueArray(
      fc.record({ group: fc.constantFrom('a', 'b', 'c'), count: fc.integer({ min: 1, max: 5 }) }),
      { selector: (quorum) => quorum.group, minLength: 1 },
    ),
    excludeInitiator: fc.boolean(),
    expiresAfterMs: fc.integer({ min: 1, max: 9 }),
  },
  { requiredKeys: ['quorums', 'excludeInitiator'] },
);

test('merging does not depend on the order, and merging again changes nothing', () => {
  fc.assert(
    fc.property(fc.array(requirement, { minLength: 1 }), fc.integer(), (all, turn) => {
      const merged = mergeRequirements(all);
      const at = Math.abs(turn) % all.length;
      expect(mergeRequirements([...all.slice(at), ...all.slice(0, at)])).toEqual(merged);
      expect(mergeRequirements([merged, ...all])).toEqual(merged);
    }),
  );
});

test('the merged requirement is at least as strict as each part', () => {
  fc.assert(
    fc.property(fc.array(requirement, { minLength: 1 }), (all) => {
      const merged = mergeRequirements(all);
      for (const part of all) {
        for (const { group, count } of part.quorums) {
          const found = merged.quorums.find((quorum) => quorum.group === group);
          expect(found?.count).toBeGreaterThanOrEqual(count);
        }
        if (part.excludeInitiator) expect(merged.excludeInitiator).toBe(true);
        if (part.expiresAfterMs !== undefined) {
          expect(merged.expiresAfterMs).toBeLessThanOrEqual(part.expiresAfterMs);
        }
      }
    }),
  );
});
