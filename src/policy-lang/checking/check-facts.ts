/** Checks what a test says about its request: `given contract-call { call.function = "supply"; }`. */
import { reportUnknown } from '#policy-lang/checks/known-names.ts';
import { reportMismatch } from '#policy-lang/checks/fitting-types.ts';
import { type AssetId, type NetworkId, networkOf, symbolOf } from '#core/money.ts';
import { checkArgumentFact } from './check-argument-fact.ts';
import { checkSymbol } from './check-amounts.ts';
import { readFitting } from '#policy-lang/checks/fitting-digits.ts';
import { checkPlainNumber, isLevel, mailInLowerCase } from './check-texts.ts';
import { readSoundAddress } from '#policy-lang/checks/sound-addresses.ts';
import { FIELDS, fieldsOf } from './fields.ts';
import { networkNames } from '#policy-lang/imports/list-file.ts';
import { nameAdvice } from './nearest-name.ts';
import { optional } from '#policy-lang/optional.ts';
import { type Scope, assetsOfSymbol, findAsset } from './scope.ts';
import {
  type Activity,
  type FactValue as ArgumentValue,
  LEVELS,
  type RequestFacts,
  SCREENING_FAILURES,
} from '#policy-lang/snapshot.ts';
import type { Span } from '#policy-lang/diagnostics.ts';
import type { Amount, Fact, FactValue, Given, Path, Written } from '#policy-lang/syntax/syntax.ts';
import type { Instant } from '#core/time.ts';

/** Fields of a test that are no fields of rules. */
const ONLY_RULES = new Set(['value', 'time', 'wallet.tags']);

const EXAMPLES: Readonly<Record<string, string>> = {
  initiator: 'Write initiator = user "alice" role "finance-operator";',
  wallet: 'Write wallet = "wa-ops" tags ["payments"];',
  asset: 'Write asset = USDC@ethereum;',
  amount: 'Write amount = 50,000 USDC;',
  address: 'Write it like 0x5aAe...; with all its digits, or a whole Solana address.',
  text: 'Write a text in quotes.',
  texts: 'Write ["sanctions", "mixer"].',
  level: `Write ${LEVELS.join(', ')}.`,
  number: 'Write a number without a unit.',
};

type KindOf = FactValue['kind'];
type ValueOf<K extends KindOf> = Extract<FactValue, { kind: K }>;

/** The facts of one `given`, by field, each given once and known to the activity. */
class GivenFacts {
  readonly scope: Scope;
  readonly #values = new Map<string, FactValue>();
  readonly #arguments: Fact[] = [];
  readonly #activity: Written;

  constructor(scope: Scope, activity: Activity, given: Extract<Given, { kind: 'facts' }>) {
    const { facts } = given;
    this.scope = scope;
    this.#activity = given.activity;
    const names = [...new Set(fieldsOf(activity).map(({ path }) => path as string))].filter(
      (path) => !ONLY_RULES.has(path),
    );
    const seen = new Set<string>();
    for (const fact of facts) {
      const { text, argument, span } = fact.field;
      const key = argument === undefined ? text : `${text} "${argument.text}"`;
      if (!names.includes(text)) reportField(scope, fact.field, activity, names);
      else if (seen.has(key)) {
        const message = `The test gives ${argument === undefined ? `"${key}"` : key} twice.`;
        scope.report.add('DUPLICATE', span, message, 'Delete one of the two.');
      } else if (FIELDS.get(text)?.type === 'argument') this.#arguments.push(fact);
      else this.#values.set(text, fact.value);
      seen.add(key);
    }
  }

  of<K extends KindOf>(field: string, kind: K, example: string): ValueOf<K> | undefined {
    const value = this.#values.get(field);
    if (value === undefined || value.kind === kind) return value as ValueOf<K> | undefined;
    const message = `The field "${field}" is given another kind of value.`;
    reportMismatch(this.scope, value.span, message, EXAMPLES[example]);
    return undefined;
  }

  /** Where the value of a field that is given stands. */
  spanOf(field: string): Span {
    return this.#values.get(field)?.span ?? this.#activity.span;
  }

  text(field: string): string | undefined {
    const value = this.of(field, 'text', 'text');
    if (value === undefined) return undefined;
    const known = field === 'network' ? networkNames(this.scope.world) : FIELDS.get(field)?.values;
    if (known !== undefined && !known.includes(value.text.text)) {
      const message = `The field "${field}" is never "${value.text.text}".`;
      reportUnknown({ report: this.scope.report }, value.text, message, known);
      return undefined;
    }
    return value.text.text;
  }

  texts(field: string): readonly string[] | undefined {
    const value = this.of(field, 'list', 'texts');
    return value?.set.elements.flatMap((element) => {
      if (element.kind === 'text') return element.value.text;
      reportMismatch(this.scope, element.span, 'A text must stand here.', 'Quote it.');
      return [];
    });
  }

  address(field: string): string | undefined {
    const value = this.of(field, 'address', 'address');
    if (value === undefined) return undefined;
    // What was accepted is canonical: a spelling without its checksum is not.
    return readSoundAddress(this.scope.report, value.value) && value.value.text;
  }

  arguments(
    path: 'call.arg' | 'typed-data.field',
    read: (fact: Fact) => ArgumentValue | undefined,
  ): ReadonlyMap<string, ArgumentValue> | undefined {
    const found = this.#arguments.filter(({ field }) => field.text === path);
    if (found.length === 0) return undefined;
    return new Map(
      found.flatMap((fact) => {
        const value = read(fact);
        return value === undefined ? [] : [[fact.field.argument?.text ?? '', value] as const];
      }),
    );
  }
}

function reportField(
  scope: Scope,
  { text, span }: Path,
  activity: Activity,
  names: readonly string[],
): void {
  const message = `A test gives no field "${text}" of a ${activity}.`;
  const code = FIELDS.has(text) ? 'NOT_AVAILABLE' : 'UNKNOWN_NAME';
  scope.report.add(code, span, message, () => nameAdvice({ text, span }, names));
}

export function checkFacts(
  scope: Scope,
  given: Extract<Given, { kind: 'facts' }>,
  activity: Activity,
  now: Instant,
): RequestFacts {
  const facts = new GivenFacts(scope, activity, given);
  const moving = facts.of('asset', 'asset', 'asset');
  const named = moving && findAsset(scope, moving.value);
  const amount = facts.of('amount', 'amount', 'amount');
  const contract = facts.address('call.contract');
  const signing = facts.address('typed-data.contract');
  const network = (facts.text('network') ??
    (named === undefined ? undefined : networkOf(named)) ??
    networkOfContract(scope, contract ?? signing)) as NetworkId | undefined;
  const asset = named ?? nativeAsset(facts, network);
  const units = amount && checkUnits(scope, amount, asset);
  const initiator = facts.of('initiator', 'user', 'initiator');
  return {
    ...optional('network', network),
    ...optional('wallet', walletOf(facts)),
    ...optional('initiator', initiator && initiatorOf(initiator)),
    ...optional('asset', asset),
    ...optional('units', units),
    ...optional('recipient', facts.address('recipient')),
    ...optional('sender', facts.address('sender')),
    ...optional('call', callOf(facts, contract, network, now)),
    ...optional('message', record({ kind: facts.text('message.kind') })),
    ...optional('typedData', typedDataOf(facts, signing, network, now)),
    ...optional('screening', screeningOf(facts)),
    ...optional(
      'change',
      record({
        kind: facts.text('change.kind'),
        target: facts.text('change.target'),
        role: facts.text('change.role'),
      }),
    ),
  };
}

/** The fields that have a value; undefined where none has. */
function record<T extends object>(
  fields: T,
): { readonly [K in keyof T]?: NonNullable<T[K]> } | undefined {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return given.length === 0
    ? undefined
    : (Object.fromEntries(given) as { [K in keyof T]?: NonNullable<T[K]> });
}

function initiatorOf({ name, roles }: ValueOf<'user'>): NonNullable<RequestFacts['initiator']> {
  const id = mailInLowerCase(name.text);
  const email = id.includes('@') ? id : undefined;
  return { id, ...optional('email', email), roles: roles.map((role) => role.text) };
}

function walletOf(facts: GivenFacts): RequestFacts['wallet'] {
  const value = facts.of('wallet', 'text', 'wallet');
  const address = facts.address('wallet.address');
  if (value === undefined) {
    if (address === undefined) return undefined;
    // Without its id a rule would take the wallet for another one, instead of for unknown.
    const message = 'The test gives the address of a wallet, but not the wallet.';
    facts.scope.report.add(
      'MISSING_PART',
      facts.spanOf('wallet.address'),
      message,
      EXAMPLES['wallet'],
    );
    return undefined;
  }
  return { id: value.text.text, ...tagsOf(facts.scope, value), ...optional('address', address) };
}

function tagsOf(scope: Scope, { tags }: ValueOf<'text'>): { readonly tags?: readonly string[] } {
  if (tags === undefined) return { tags: [] };
  if (tags.kind === 'named') {
    const message = 'The tags are written out, in square brackets.';
    reportMismatch(scope, tags.span, message, EXAMPLES['wallet']);
    return {};
  }
  return {
    tags: tags.elements.flatMap((element) => {
      if (element.kind === 'text') return element.value.text;
      reportMismatch(scope, element.span, 'A tag is a text.', EXAMPLES['wallet']);
      return [];
    }),
  };
}

/** What a call sends with it, where the test says how much. */
function nativeAsset(facts: GivenFacts, network: NetworkId | undefined): AssetId | undefined {
  const symbol = facts.of('call.value', 'amount', 'amount')?.unit?.text;
  if (symbol === undefined || network === undefined) return undefined;
  const asset = `${symbol}@${network}` as AssetId;
  return facts.scope.world.assets.has(asset) ? asset : undefined;
}

function callOf(
  facts: GivenFacts,
  contract: string | undefined,
  network: NetworkId | undefined,
  now: Instant,
): RequestFacts['call'] {
  const value = facts.of('call.value', 'amount', 'amount');
  const native = nativeAsset(facts, network);
  return record({
    contract,
    function: facts.text('call.function'),
    value: value && checkUnits(facts.scope, value, native),
    args: facts.arguments('call.arg', (fact) =>
      checkArgumentFact(facts.scope, fact, { network, now }),
    ),
  });
}

function typedDataOf(
  facts: GivenFacts,
  contract: string | undefined,
  network: NetworkId | undefined,
  now: Instant,
): RequestFacts['typedData'] {
  return record({
    primaryType: facts.text('typed-data.primary-type'),
    domainName: facts.text('typed-data.domain-name'),
    contract,
    fields: facts.arguments('typed-data.field', (fact) =>
      checkArgumentFact(facts.scope, fact, { network, now }),
    ),
  });
}

function screeningOf(facts: GivenFacts): RequestFacts['screening'] {
  const level = facts.of('screening.alert-level', 'symbol', 'level');
  const score = facts.of('screening.risk-score', 'amount', 'number');
  const failure = SCREENING_FAILURES.find((known) => known === facts.text('screening.failure'));
  if (level !== undefined && !isLevel(level.value.text)) {
    const message = `There is no level "${level.value.text}".`;
    reportUnknown({ report: facts.scope.report }, level.value, message, LEVELS);
  }
  return record({
    alertLevel: level && isLevel(level.value.text) ? level.value.text : undefined,
    riskScore: score && checkPlainNumber(facts.scope, score),
    directExposure: facts.texts('screening.direct-exposure'),
    categories: facts.texts('screening.categories'),
    addressCategories: facts.texts('screening.address-categories'),
    travelRule: facts.text('screening.travel-rule'),
    failure,
  });
}

/** Where an imported file says that the contract stands. */
function networkOfContract(scope: Scope, contract: string | undefined): NetworkId | undefined {
  if (contract === undefined) return undefined;
  const key = `evm:${contract.slice(2).toLowerCase()}`;
  for (const { content } of scope.contracts.values()) {
    if ([...content.addresses.keys()].some((address) => address === key)) return content.network;
  }
  return undefined;
}

/**
 * Base units of the given asset. Without an asset the amount is checked as far as it goes, and its
 * units stay missing: USDC has other decimals on other networks.
 */
function checkUnits(scope: Scope, amount: Amount, asset: AssetId | undefined): bigint | undefined {
  if (!checkSymbol(scope, amount)) return undefined;
  const symbol = amount.unit?.text ?? '';
  const fact = asset && scope.world.assets.get(asset);
  if (asset !== undefined && (fact === undefined || symbolOf(asset) !== symbol)) {
    const message = `The asset is ${asset}, so the amount is not measured in ${symbol}.`;
    reportMismatch(scope, amount.span, message, `Write ${symbolOf(asset)}.`);
    return undefined;
  }
  const candidates = asset === undefined ? assetsOfSymbol(scope.world, symbol) : [asset];
  const decimals = candidates.map((id) => scope.world.assets.get(id)?.decimals ?? 0);
  const units = readFitting(scope, amount, Math.max(...decimals), asset ?? symbol);
  return asset === undefined ? undefined : units;
}
