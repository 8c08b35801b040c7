/**
 * Conditions as closures: built once when the policy is linked, run for each request. They only
 * answer; `explain.ts` says why. No code is generated from text.
 */
import type { Condition } from '#policy-lang/checking/condition.ts';
import type { Facts, Linked } from './facts.ts';
import { planAtom } from './plan-atom.ts';
import { FALSE, MISSING, TRUE, type Truth, not } from './truth.ts';

export type Test = (facts: Facts) => Truth;

export function planCondition(condition: Condition, linked: Linked): Test {
  switch (condition.kind) {
    case 'always':
      return () => TRUE;
    case 'not': {
      const test = planCondition(condition.part, linked);
      return (facts) => not(test(facts));
    }
    case 'and':
      return all(condition.parts.map((part) => planCondition(part, linked)));
    case 'or':
      return any(condition.parts.map((part) => planCondition(part, linked)));
    default:
      return planAtom(condition, linked, planCondition);
  }
}

export function all(tests: readonly Test[]): Test {
  const [first, second] = tests;
  if (first !== undefined && tests.length === 1) return first;
  if (first !== undefined && second !== undefined && tests.length === 2) {
    return (facts) => {
      const truth = first(facts);
      return truth === FALSE ? FALSE : smaller(truth, second(facts));
    };
  }
  return (facts) => {
    let result: Truth = TRUE;
    for (const test of tests) {
      const truth = test(facts);
      if (truth === FALSE) return FALSE;
      if (truth === MISSING) result = MISSING;
    }
    return result;
  };
}

const smaller = (left: Truth, right: Truth): Truth => (left < right ? left : right);

function any(tests: readonly Test[]): Test {
  return (facts) => {
    let result: Truth = FALSE;
    for (const test of tests) {
      const truth = test(facts);
      if (truth === TRUE) return TRUE;
      if (truth === MISSING) result = MISSING;
    }
    return result;
  };
}
