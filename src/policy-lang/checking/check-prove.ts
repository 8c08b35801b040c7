/** Checks a `prove` block: its names exist, and it promises something that can be proved. */
import { reportMismatch } from '#policy-lang/checks/fitting-types.ts';
import { checkCondition } from './check-condition.ts';
import { checkApproval } from './check-effect.ts';
import { checkActivities } from './check-header.ts';
import type { CheckedClaim, CheckedProve } from './checked-policy.ts';
import { requireAvailable } from '#policy-lang/checks/available-fields.ts';
import { newPlace } from './place.ts';
import { readCount } from '#policy-lang/values/numbers.ts';
import { optional } from '#policy-lang/optional.ts';
import type { Scope } from './scope.ts';
import type { Claim, Prove } from '#policy-lang/syntax/syntax.ts';

/** Undefined when something in it is wrong: it is reported then. */
export function checkProve(scope: Scope, { title, claim }: Prove): CheckedProve | undefined {
  const checked = checkClaim(scope, claim);
  return checked && { title: title.text, span: title.span, claim: checked };
}

function checkClaim(scope: Scope, claim: Claim): CheckedClaim | undefined {
  switch (claim.kind) {
    case 'every rule can match':
      return { kind: claim.kind };
    case 'at least as strict': {
      const version = readCount(claim.version.text, 1, Number.MAX_SAFE_INTEGER);
      if (!version.ok) {
        scope.report.add(version.code, claim.version.span, version.message, version.hint);
        return undefined;
      }
      // The excused rules may be ones that only the other version has: they are not looked up.
      return {
        kind: 'at least as strict',
        version: Number(version.value),
        except: claim.except.map(({ text }) => text),
      };
    }
    default:
      return checkNever(scope, claim);
  }
}

function checkNever(
  scope: Scope,
  claim: Extract<Claim, { kind: 'never' }>,
): CheckedClaim | undefined {
  const { effect } = claim;
  const [activity] = checkActivities(scope, [claim.activity]) ?? [];
  const place = newPlace();
  const where = claim.where === undefined ? ALWAYS : checkCondition(scope, claim.where, place);
  const without = claim.without && checkApproval(scope, claim.without);
  if (effect.kind === 'require' || (effect.kind === 'allow' && effect.approval !== undefined)) {
    const message = 'A promise names no approval behind "never".';
    const hint = 'Write never allow without approval by 1 of managers.';
    reportMismatch(scope, effect.span, message, hint);
    return undefined;
  }
  if (claim.without !== undefined && effect.kind !== 'allow') {
    const message = `Only "never allow" can say "without approval", not "never ${effect.kind}".`;
    reportMismatch(scope, claim.without.span, message, 'Write never allow without.');
    return undefined;
  }
  if (activity === undefined || where === undefined) return undefined;
  if (!requireAvailable(scope.report, place.uses, [activity])) return undefined;
  if (claim.without !== undefined && without === undefined) return undefined;
  return {
    kind: 'never',
    activity,
    where,
    effect: effect.kind,
    ...optional('without', without),
  };
}

const ALWAYS = { kind: 'always' } as const;
