/** The static checks that look at more than one part of a policy, in no particular order. */
import { effectiveRanges } from './effective-ranges.ts';
import { outsideData } from './outside-data.ts';
import { pinnedImports } from './pinned-imports.ts';
import { selfApproval } from './self-approval.ts';
import { boundedAllow } from './bounded-allow.ts';
import type { Check } from './check.ts';
import { explainedFallback } from './explained-fallback.ts';
import { reachableQuorum } from './reachable-quorum.ts';
import { statedReason } from './stated-reason.ts';
import { unproved } from './unproved.ts';
import { usedImports } from './used-imports.ts';
import { versionIncreases } from './version-increases.ts';

export const ALL_CHECKS: readonly Check[] = [
  versionIncreases,
  effectiveRanges,
  pinnedImports,
  outsideData,
  selfApproval,
  reachableQuorum,
  usedImports,
  boundedAllow,
  statedReason,
  explainedFallback,
  unproved,
];
