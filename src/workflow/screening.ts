/**
 * Screening: what a provider says about the addresses of a request. The answer's JSON format is this
 * platform's own (docs/policy/platform.md); an adapter in front of a vendor speaks it. Everything is
 * read strictly: an answer with a field that nobody knows, or of another type, is no answer.
 */
import type { SpendingActivity } from '#mandate/intent.ts';
import type { SignedScreening } from '#mandate/screening-word.ts';
import { PlatformError } from '#core/errors.ts';
import type { AssetId, NetworkId } from '#core/money.ts';
import {
  type Level,
  LEVELS,
  SCREENING_FAILURES,
  type ScreeningFailure,
} from '#policy-lang/snapshot.ts';

/** What a provider is asked about. `units` are base units; addresses are canonical. */
export type ScreeningRequest = {
  /** The same for each ask about one request: a provider may answer the same. */
  readonly reference: string;
  readonly activity: SpendingActivity | 'contract-call' | 'incoming';
  readonly network: NetworkId;
  readonly asset: AssetId;
  readonly units: bigint;
  readonly from: string;
  readonly to: string;
};

/** What the provider found. A field that it does not speak of is missing to the policy. */
export type ScreeningResult = {
  readonly alertLevel?: Level;
  /** A decimal without sign or exponent, e.g. `72.5`. */
  readonly riskScore?: string;
  readonly directExposure?: readonly string[];
  readonly categories?: readonly string[];
  readonly addressCategories?: readonly string[];
  readonly travelRule?: string;
};

/** `pending`: the provider is still at it, and is to be asked again. */
export type ScreeningAnswer =
  | {
      readonly status: 'done';
      readonly result: ScreeningResult;
      /** The same, as the provider has signed it for signer nodes. */
      readonly signed?: SignedScreening;
    }
  | { readonly status: 'pending' }
  | {
      readonly status: 'failed';
      readonly failure: ScreeningFailure;
      /** In words, without a full stop. */
      readonly message: string;
    };

/** Never throws for what the provider does: its faults are `provider-failure`. */
export type ScreeningSource = { screen(request: ScreeningRequest): Promise<ScreeningAnswer> };

export const providerFailure = (message: string): ScreeningAnswer => ({
  status: 'failed',
  failure: 'provider-failure',
  message,
});

const TEXTS_MAX = 100;
const TEXT = /^[!-~](?:[ -~]{0,98}[!-~])?$/;
const SCORE = /^(?:0|[1-9]\d{0,8})(?:\.\d{1,9})?$/;
const MESSAGE = /^[ -~]{1,200}$/;
const RESULT_FIELDS = [
  'alertLevel',
  'riskScore',
  'directExposure',
  'categories',
  'addressCategories',
  'travelRule',
];

type Fields = Readonly<Record<string, unknown>>;

/** Not an answer: what is wrong with it. */
export const unreadable = (reason: string): PlatformError =>
  new PlatformError('INVALID_INPUT', { reason });

/**
 * One answer of a provider.
 * @throws INVALID_INPUT naming what is wrong with it
 */
export function readAnswer(value: unknown): ScreeningAnswer {
  const answer = requireFields(value, 'the answer');
  const { status } = answer;
  if (status === 'done') {
    requireOnly(answer, ['status', 'signed', ...RESULT_FIELDS]);
    const result = readResult(answer);
    const { signed } = answer;
    return { status, result, ...(signed === undefined ? {} : { signed: readSigned(signed) }) };
  }
  if (status === 'pending') {
    requireOnly(answer, ['status']);
    return { status };
  }
  if (status !== 'failed') throw unreadable('status is none of done, pending and failed');
  requireOnly(answer, ['status', 'failure', 'message']);
  const failure = SCREENING_FAILURES.find((known) => known === answer['failure']);
  if (failure === undefined) {
    throw unreadable(`failure is none of ${SCREENING_FAILURES.join(', ')}`);
  }
  const { message = `the provider says ${failure}` } = answer;
  if (typeof message !== 'string' || !MESSAGE.test(message)) throw unreadable('message');
  return { status, failure, message };
}

const SIGNED_LENGTH_MAX = 16_384;

/** Nodes check what it says; here it is carried. */
function readSigned(value: unknown): SignedScreening {
  const signed = requireFields(value, 'signed');
  requireOnly(signed, ['statement', 'signature']);
  const { statement, signature } = signed;
  const areTexts = typeof statement === 'string' && typeof signature === 'string';
  if (!areTexts || statement.length > SIGNED_LENGTH_MAX || signature.length > SIGNED_LENGTH_MAX) {
    throw unreadable('signed is not a statement with its signature');
  }
  return { statement, signature };
}

function readResult(answer: Fields): ScreeningResult {
  const level = answer['alertLevel'];
  const alertLevel = LEVELS.find((known) => known === level);
  if (level !== undefined && alertLevel === undefined) {
    throw unreadable(`alertLevel is none of ${LEVELS.join(', ')}`);
  }
  return present({
    alertLevel,
    riskScore: readText(answer, 'riskScore', SCORE),
    directExposure: readTexts(answer, 'directExposure'),
    categories: readTexts(answer, 'categories'),
    addressCategories: readTexts(answer, 'addressCategories'),
    travelRule: readText(answer, 'travelRule', TEXT),
  });
}

/** Without the fields that the provider did not speak of. */
const present = (result: {
  readonly [K in keyof ScreeningResult]: ScreeningResult[K] | undefined;
}) =>
  Object.fromEntries(
    Object.entries(result).filter(([, field]) => field !== undefined),
  ) as ScreeningResult;

function readText(answer: Fields, name: string, form: RegExp): string | undefined {
  const value = answer[name];
  if (value === undefined) return undefined;
  if (typeof value === 'string' && form.test(value)) return value;
  throw unreadable(`${name} is not text of its form`);
}

/** Sorted, each once. */
function readTexts(answer: Fields, name: string): readonly string[] | undefined {
  const value = answer[name];
  if (value === undefined) return undefined;
  const isTexts =
    Array.isArray(value) &&
    value.length <= TEXTS_MAX &&
    value.every((text): text is string => typeof text === 'string' && TEXT.test(text));
  if (!isTexts) throw unreadable(`${name} is not a list of at most ${TEXTS_MAX} texts`);
  return [...new Set(value)].toSorted();
}

/** @throws INVALID_INPUT */
export function requireFields(value: unknown, name: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw unreadable(`${name} is not an object`);
}

/** @throws INVALID_INPUT naming a field that nobody knows */
export function requireOnly(fields: Fields, known: readonly string[]): void {
  const unknown = Object.keys(fields).find((name) => !known.includes(name));
  if (unknown !== undefined) throw unreadable(`nobody knows the field ${JSON.stringify(unknown)}`);
}
