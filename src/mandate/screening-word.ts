/**
 * What a screening provider says of a payment, with its signature. Whoever carries it cannot change
 * it, and it is about one payment: the same addresses, asset and amount.
 */
import { type Bytes, base64url, parseBase64url, utf8 } from '#core/bytes.ts';
import { type Canonical, canonicalText } from '#core/canonical.ts';
import { invalidInput } from '#core/errors.ts';
import { type Instant, formatInstant, parseInstant } from '#core/time.ts';
import { type Level, LEVELS, type ScreeningFacts } from '#policy-lang/snapshot.ts';
import { parseStatement, requireLifetime, requireText } from './statement.ts';
import { isEd25519Signed } from './verified-signature.ts';

export const SCREENING_DOMAIN = 'countersign/screening/v1';

/** `signature` is Ed25519 over the UTF-8 bytes of the canonical text, 64 bytes in base64url. */
export type SignedScreening = { readonly statement: string; readonly signature: string };

/** A payment as a provider is asked about it: base units, canonical addresses. */
export type ScreenedPayment = {
  readonly network: string;
  readonly asset: string;
  readonly units: string;
  readonly from: string;
  readonly to: string;
};

const PAYMENT_FIELDS = ['network', 'asset', 'units', 'from', 'to'] as const;
const FIELDS = [...PAYMENT_FIELDS, 'result', 'created', 'expires'];
const LISTS = ['directExposure', 'categories', 'addressCategories'] as const;
const SCORE = /^(?:0|[1-9]\d{0,8})(?:\.\d{1,9})?$/;

/** How far a provider's clock may run ahead of the node's. */
const CLOCK_SKEW_MS = 60_000;

/**
 * The facts that a provider signed about exactly this payment, while they hold.
 * @throws INVALID_INPUT
 */
export function readScreening(
  signed: SignedScreening,
  payment: ScreenedPayment,
  providers: readonly Bytes[],
  now: Instant,
): ScreeningFacts {
  const said = parseStatement(signed.statement, SCREENING_DOMAIN, FIELDS);
  const message = utf8(signed.statement);
  const signature = parseBase64url(signed.signature, 'screening');
  const isGenuine = providers.some((key) => isEd25519Signed(key, message, signature));
  if (!isGenuine) throw refused('no provider that this node trusts has signed it');
  if (PAYMENT_FIELDS.some((field) => said[field] !== payment[field])) {
    throw refused('it is about another payment');
  }
  requireLifetime(said['created'], said['expires']);
  const isYoung = parseInstant(requireText(said['created'], 'created')) <= now + CLOCK_SKEW_MS;
  const isOver = parseInstant(requireText(said['expires'], 'expires')) <= now;
  if (isOver || !isYoung) throw refused('it does not hold at this time');
  return factsOf(said['result']);
}

/** As a provider signs what it has found, for as long as it holds. `sign` is Ed25519. */
export function signScreening(
  payment: ScreenedPayment,
  result: { readonly [field: string]: Canonical },
  time: { readonly created: Instant; readonly expires: Instant },
  sign: (message: Bytes) => Bytes,
): SignedScreening {
  const { network, asset, units, from, to } = payment;
  const statement = canonicalText({
    domain: SCREENING_DOMAIN,
    network,
    asset,
    units,
    from,
    to,
    result,
    created: formatInstant(time.created),
    expires: formatInstant(time.expires),
  });
  return { statement, signature: base64url(sign(utf8(statement))) };
}

function factsOf(result: Canonical | undefined): ScreeningFacts {
  if (typeof result !== 'object' || result === null || Array.isArray(result)) throw malformed();
  const facts: { -readonly [field in keyof ScreeningFacts]: ScreeningFacts[field] } = {};
  for (const [field, value] of Object.entries(result)) {
    const list = LISTS.find((name) => name === field);
    if (list !== undefined) facts[list] = textsOf(value);
    else if (field === 'alertLevel') facts.alertLevel = levelOf(value);
    else if (field === 'riskScore') facts.riskScore = scoreOf(value);
    else if (field === 'travelRule') facts.travelRule = requireText(value, field);
    else throw malformed();
  }
  return facts;
}

function levelOf(value: Canonical): Level {
  const level = LEVELS.find((known) => known === value);
  if (level === undefined) throw malformed();
  return level;
}

function scoreOf(value: Canonical) {
  if (typeof value !== 'string' || !SCORE.test(value)) throw malformed();
  const [whole = '', fraction = ''] = value.split('.');
  return { scaled: BigInt(whole + fraction), scale: fraction.length };
}

function textsOf(value: Canonical): readonly string[] {
  if (!Array.isArray(value)) throw malformed();
  return value.map((text: Canonical) => requireText(text, 'result'));
}

const refused = (reason: string) => invalidInput('screening', reason, 'Ask the provider again.');

const malformed = () => refused('it does not say what a screening says');
