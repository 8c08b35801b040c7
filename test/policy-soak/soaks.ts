/** Every soak, in the order in which the command runs them. */
import type { Soak } from './soak.ts';
import { agreementSoak } from './agreement.ts';
import { windowsSoak } from './windows.ts';

export const SOAKS: readonly Soak[] = [agreementSoak, windowsSoak];
