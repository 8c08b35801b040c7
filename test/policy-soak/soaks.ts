/** Every soak, in the order in which the command runs them. */
import { lookAlikeSoak } from './look-alikes.ts';
import { amountSoak, valueSoak } from './money.ts';
import { replaySoak } from './bytes.ts';
import { cedarSoak } from './cedar.ts';
import { fuzzSoak } from './fuzz.ts';
import { formatSoak, lessDataSoak, orderSoak, tighteningSoak } from './laws.ts';
import type { Soak } from './soak.ts';
import { agreementSoak } from './agreement.ts';
import { twoNodesSoak } from './two-nodes.ts';
import { windowsSoak } from './windows.ts';

export const SOAKS: readonly Soak[] = [
  agreementSoak,
  cedarSoak,
  orderSoak,
  tighteningSoak,
  lessDataSoak,
  formatSoak,
  fuzzSoak,
  windowsSoak,
  amountSoak,
  valueSoak,
  lookAlikeSoak,
  replaySoak,
  twoNodesSoak,
];
