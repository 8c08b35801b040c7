/** The static checks that look at more than one part of a policy, in no particular order. */
import { effectiveRanges } from './effective-ranges.ts';
import { outsideData } from './outside-data.ts';
import { pinnedImports } from './pinned-imports.ts';
import { selfApproval } from './self-approval.ts';
import { boundedAllow } from './bounded-allow.ts';
import type { Check } from './check.ts';
import { distinctShapes } from './distinct-shapes.ts';
import { explainedFallback } from './explained-fallback.ts';
import { fittingTiers } from './fitting-tiers.ts';
import { liveRules } from './live-rules.ts';
import { neededConditions } from './needed-conditions.ts';
import { reachableLimits } from './reachable-limits.ts';
import { reachableQuorum } from './reachable-quorum.ts';
import { separateLists } from './separate-lists.ts';
import { statedAlways } from './stated-always.ts';
import { statedReason } from './stated-reason.ts';
import { unproved } from './unproved.ts';
import { unshadowedRules } from './unshadowed-rules.ts';
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
  liveRules,
  statedAlways,
  unshadowedRules,
  neededConditions,
  fittingTiers,
  reachableLimits,
  separateLists,
  unproved,
  distinctShapes,
];
