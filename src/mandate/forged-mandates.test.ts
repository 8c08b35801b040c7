import { beforeAll, expect, test } from 'vitest';
import { randomOf } from '#testing/authority.ts';
import { Draw } from '#testing/forged-mandates/forgery.ts';
import { FORGERIES, forgedMandates } from '#testing/forged-mandates/stream.ts';
import { PayingCompany } from '#testing/paying-company.ts';
import { verifyMandate } from './verify-mandate.ts';

const SEED = Number(process.env['FUZZ_SEED'] ?? 20_260_701);
const COUNT = Number(process.env['FUZZ_RUNS'] ?? FORGERIES.length);

let company: PayingCompany;

beforeAll(async () => {
  company = await PayingCompany.open();
});

test.each(FORGERIES.map((forgery) => [forgery.kind, forgery] as const))(
  '%s: refused',
  async (kind, { field, reason, make }) => {
    const { wallet, mandate } = await make(company, new Draw(randomOf(kind)));
    const about = { ...(field === '' ? {} : { field }), reason: expect.stringMatching(reason) };
    expect(() => verifyMandate(mandate, company.own(wallet))).toThrow(
      expect.objectContaining({
        code: 'EVIDENCE_REJECTED',
        context: expect.objectContaining(about),
      }),
    );
  },
);

test('no two kinds have one name', () => {
  expect(new Set(FORGERIES.map(({ kind }) => kind)).size).toBe(FORGERIES.length);
});

test(`of ${COUNT} forged mandates none passes`, async () => {
  let number = 0;
  for await (const { kind, wallet, mandate } of forgedMandates(company, SEED)) {
    const refusal = expect.objectContaining({ code: 'EVIDENCE_REJECTED' });
    const about = `seed ${SEED}, number ${number}: ${kind}`;
    expect(() => verifyMandate(mandate, company.own(wallet)), about).toThrow(refusal);
    number += 1;
    if (number >= COUNT) break;
  }
});
