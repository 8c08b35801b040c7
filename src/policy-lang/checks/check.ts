/**
 * A static check: looks at a policy whose parts are sound by themselves, and reports what it finds.
 */
import type { CheckedPolicy } from '#policy-lang/checking/checked-policy.ts';
import type { Report } from '#policy-lang/checking/report.ts';

export type Check = (policy: CheckedPolicy, report: Report) => void;
