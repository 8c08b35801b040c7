/** Forged and altered mandates of all kinds, without end: the same seed gives the same ones. */
import { type PayingCompany } from '#testing/paying-company.ts';
import { randomOf } from '#testing/authority.ts';
import { ALLOWANCES } from './allowances.ts';
import { APPROVALS } from './approvals.ts';
import { ASSERTIONS } from './assertions.ts';
import { BYTES } from './bytes.ts';
import { CIRCUMSTANCES } from './circumstances.ts';
import { INTENTS } from './intents.ts';
import { LOGS } from './logs.ts';
import { PERMITS } from './permits.ts';
import { Draw, type Forged, type Forgery } from './forgery.ts';

export const FORGERIES: readonly Forgery[] = [
  ...BYTES,
  ...ALLOWANCES,
  ...PERMITS,
  ...INTENTS,
  ...ASSERTIONS,
  ...APPROVALS,
  ...CIRCUMSTANCES,
  ...LOGS,
];

export type ForgedMandate = Forged & { readonly kind: string; readonly number: number };

/**
 * Each kind comes once in every round, in an order of the round's own. Real nodes that know the company's
 * log alone are shown the kinds without `needs`.
 */
export async function* forgedMandates(
  company: PayingCompany,
  seed: number,
  kinds: readonly Forgery[] = FORGERIES,
): AsyncGenerator<ForgedMandate, never> {
  const draw = new Draw(randomOf(`forged mandates ${seed}`));
  for (let number = 0; ;) {
    const left = [...kinds];
    while (left.length > 0) {
      const [forgery] = left.splice(draw.int(left.length), 1);
      if (forgery === undefined) throw new RangeError('nothing is left');
      yield { ...(await forgery.make(company, draw)), kind: forgery.kind, number };
      number += 1;
    }
  }
}
