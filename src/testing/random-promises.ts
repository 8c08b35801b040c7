/** Small random rules over few facts, and promises about them: what analyses are compared on. */
import fc from 'fast-check';

/** Comparisons that overlap, exclude each other, and meet at their limits. */
const ATOMS = [
  'wallet tagged "a"',
  'wallet tagged "b"',
  'wallet tags has any of ["b", "c"]',
  'wallet in [wallet "wa-1", wallet "wa-2"]',
  'recipient in approved-vendors',
  'recipient not in banned',
  'asset is USDC@ethereum',
  'network is "polygon"',
  'value > 100 USD',
  'value >= 100 USD',
  'value < 50 EUR',
  '(asset is USDC@ethereum and amount > 7 USDC)',
  'sum(value) over last 24h by wallet > 200 USD',
  'sum(value) over last 7d by wallet excluding this >= 300 USD',
  'sum(value) over last 24h by wallet where (recipient in banned) > 20 USD',
  'max(value) over last 24h by wallet > 30 USD',
  'count(transfer) over last 60min by wallet > 5',
  'count(distinct recipient) over last 24h by wallet >= 2',
  'initiator has role "treasurer"',
  'initiator in managers',
  'screening.alert-level >= HIGH',
  'screening.alert-level is LOW',
  'screening.failure is "unscreenable"',
  'screening.risk-score >= 70',
  'time within Mon..Fri 08:00..18:00 Europe/Paris',
  'time within Sat..Sun 00:00..24:00 America/New_York',
];

const EFFECTS = [
  'allow',
  'allow',
  'block',
  'require approval by 1 of managers',
  'require approval by 2 of managers',
  'allow with approval by 1 of directors',
  'allow if missing data then block',
  'flag "look"',
  'require approval by 1 of managers, expires after 2h if missing data then allow',
];

const condition = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    fc.constantFrom(...ATOMS),
    tie('expression').map((part) => `not (${part})`),
    fc.tuple(tie('expression'), tie('expression')).map(([l, r]) => `(${l} and ${r})`),
    fc.tuple(tie('expression'), tie('expression')).map(([l, r]) => `(${l} or ${r})`),
  ),
})).expression;

export const randomRules = fc
  .array(fc.tuple(condition, fc.constantFrom(...EFFECTS)), { minLength: 1, maxLength: 4 })
  .map((parts) =>
    parts
      .map(([when, then], n) => `rule r${n} { applies to transfer when ${when} then ${then} }`)
      .join('\n'),
  );

export const randomPromise = fc
  .tuple(
    condition,
    fc.constantFrom(
      'allow',
      'allow without approval by 1 of managers',
      'allow without approval by 1 of managers, expires after 1h',
      'block',
      'flag',
    ),
  )
  .map(([where, never]) => `prove "p" { for all transfer where ${where} never ${never} }`);
