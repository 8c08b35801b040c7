/** A screening answer as the facts of a request, and why some of them are missing. */
import type { Exact } from '#policy-lang/values/exact.ts';
import type { ScreeningFacts } from '#policy-lang/snapshot.ts';
import type { ScreeningAnswer, ScreeningResult } from './screening.ts';

const FIELDS: readonly (readonly [keyof ScreeningResult, path: string])[] = [
  ['alertLevel', 'screening.alert-level'],
  ['riskScore', 'screening.risk-score'],
  ['directExposure', 'screening.direct-exposure'],
  ['categories', 'screening.categories'],
  ['addressCategories', 'screening.address-categories'],
  ['travelRule', 'screening.travel-rule'],
];

/** One that is still awaited when it is needed has failed. */
export function screeningFacts(answer: ScreeningAnswer): ScreeningFacts {
  if (answer.status !== 'done') return { failure: failureOf(answer) };
  const { riskScore, ...result } = answer.result;
  return { ...result, ...(riskScore === undefined ? {} : { riskScore: exactOf(riskScore) }) };
}

/** In words, by the path of each field that is missing; nobody asked where there is no answer. */
export function screeningCauses(
  answer: ScreeningAnswer | undefined,
): readonly (readonly [path: string, cause: string])[] {
  if (answer === undefined) return [];
  const given = answer.status === 'done' ? answer.result : {};
  const cause = causeOf(answer);
  return FIELDS.flatMap(([field, path]) => (given[field] === undefined ? [[path, cause]] : []));
}

function causeOf(answer: ScreeningAnswer): string {
  if (answer.status === 'done') return 'the screening provider does not speak of it';
  return answer.status === 'failed'
    ? `${answer.failure}: ${answer.message}`
    : `${failureOf(answer)}: the provider is still at it`;
}

const failureOf = (answer: Exclude<ScreeningAnswer, { status: 'done' }>) =>
  answer.status === 'failed' ? answer.failure : ('provider-failure' as const);

function exactOf(decimal: string): Exact {
  const [whole = '', fraction = ''] = decimal.split('.');
  return { scaled: BigInt(whole + fraction), scale: fraction.length };
}
