import type { Condition } from '#policy-lang/checking/condition.ts';
import type { Check } from './check.ts';

/** Check 22: a rule that allows says to whom, in what, or how much at most. */
export const boundedAllow: Check = ({ rules }, report) => {
  for (const { effect, condition, id, span } of rules) {
    if (effect.kind !== 'allow' || isBounded(condition, true)) continue;
    const message = `The rule ${id} allows any amount of any asset to anybody.`;
    const hint = 'Add a condition on recipient, asset, amount or value.';
    report.add('BROAD_ALLOW', span, message, hint);
  }
};

/** Whether a condition that is `wanted` bounds what a request can do, in each way to meet it. */
function isBounded(condition: Condition, wanted: boolean): boolean {
  switch (condition.kind) {
    case 'always':
      return false;
    case 'not':
      return isBounded(condition.part, !wanted);
    case 'and':
    case 'or': {
      const bounded = condition.parts.map((part) => isBounded(part, wanted));
      const oneIsEnough = (condition.kind === 'and') === wanted;
      return oneIsEnough ? bounded.includes(true) : !bounded.includes(false);
    }
    case 'value':
    case 'amount':
    case 'total':
    case 'units':
    case 'number':
      return wanted === (condition.order === '<' || condition.order === '<=');
    case 'recipient-in':
    case 'asset-in':
    case 'same-address':
    case 'address-in':
      return wanted;
    case 'text-in':
      return wanted && BOUNDING.has(condition.field.path);
    default:
      return false;
  }
}

/** Texts that say what a request does, rather than who asks or from where. */
const BOUNDING: ReadonlySet<string> = new Set([
  'call.function',
  'typed-data.primary-type',
  'change.kind',
  'change.target',
  'change.role',
]);
