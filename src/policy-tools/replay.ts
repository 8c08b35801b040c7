/**
 * Decides again what was decided, from the record alone: the bundle and the snapshot. The same bytes
 * must come out.
 */
import { invalidInput, isPlatformError } from '#core/errors.ts';
import { type BundleFile, bundleHash } from '#policy-lang/bundle-files.ts';
import type { CompiledPolicy } from '#policy-lang/compiled-policy.ts';
import { compileBundle } from '#policy-lang/compile-bundle.ts';
import { decisionDigest } from '#policy-lang/decision-digest.ts';
import type { DecisionTrace } from '#policy-lang/decision.ts';
import { GENESIS_HASH, GENESIS_VERSION, genesisTrace } from '#policy-lang/genesis.ts';
import { readSnapshotText, traceText } from '#policy-lang/snapshot-text.ts';
import { trace as traceOf } from '#policy-lang/explaining/trace.ts';
import { type Registry, registryFields } from '#policy-lang/registry.ts';
import { type World, withRegistry } from '#policy-lang/world.ts';

/** A decision as the platform keeps it. Hashes are in hex. */
export type DecisionEvidence = {
  readonly id: string;
  readonly decidedAt: string;
  readonly policyVersion: number;
  readonly policyHash: string;
  readonly digest: string;
  readonly snapshot: string;
  readonly trace: string;
};

export type BundleEvidence = {
  readonly version: number;
  readonly hash: string;
  readonly files: readonly BundleFile[];
};

/** Everything that is needed to decide about one object again. */
export type Evidence = {
  readonly format: typeof EVIDENCE_FORMAT;
  readonly subject: string;
  readonly decisions: readonly DecisionEvidence[];
  readonly bundles: readonly BundleEvidence[];
};

export const EVIDENCE_FORMAT = 'countersign/decisions/v1';

/** Each fault as a sentence; none where the same bytes came out. */
export type Replay = { readonly decision: DecisionEvidence; readonly faults: readonly string[] };

export function replayAll({ decisions, bundles }: Evidence, world: World): readonly Replay[] {
  const replay = replayer(world);
  return decisions.map((decision) => {
    const bundle = bundles.find(({ hash }) => hash === decision.policyHash);
    return { decision, faults: replay(decision, bundle) };
  });
}

/** The policy of a bundle, or what keeps it from being one. */
type Compiled = CompiledPolicy | string;

/** With what the policy read from the registry when it decided. */
type PolicyOf = (registry: Registry | undefined) => Compiled;

/**
 * Decides one after the other, and compiles each bundle once for each state of the registry that follows
 * another; answers with the faults.
 */
export function replayer(
  world: World,
): (decision: DecisionEvidence, bundle: BundleEvidence | undefined) => readonly string[] {
  const compiled = new WeakMap<
    BundleEvidence,
    { readonly of: string; readonly policy: Compiled }
  >();
  const policyOf = (bundle: BundleEvidence, registry: Registry | undefined): Compiled => {
    const of = registry === undefined ? '' : JSON.stringify(registryFields(registry));
    const known = compiled.get(bundle);
    if (known?.of === of) return known.policy;
    const policy = compiledFrom(bundle, withRegistry(world, registry));
    compiled.set(bundle, { of, policy });
    return policy;
  };
  return (decision, bundle) =>
    faultsOf(decision, bundle && ((registry) => policyOf(bundle, registry)));
}

function compiledFrom(bundle: BundleEvidence, world: World): Compiled {
  const hash = bundleHash(bundle.files);
  if (hash !== bundle.hash) return `The files of the bundle have another hash: ${hash}.`;
  const { policy, diagnostics } = compileBundle(bundle.files, { ...world, isPublished: true });
  return policy ?? `The bundle does not compile here: ${diagnostics[0]?.message ?? ''}`;
}

function faultsOf(decision: DecisionEvidence, policyOf: PolicyOf | undefined): readonly string[] {
  const faults: string[] = [];
  if (decisionDigest(decision) !== decision.digest) {
    faults.push('The digest is of another snapshot or trace.');
  }
  const again = decideAgain(decision, policyOf);
  if (typeof again === 'string') return [...faults, again];
  const text = traceText(again);
  if (text !== decision.trace) faults.push(difference(decision.trace, text));
  const { hash, version } = again.policy;
  if (hash !== decision.policyHash || version !== decision.policyVersion) {
    faults.push(`The bundle is version ${version} with the hash ${hash}.`);
  }
  return faults;
}

/** The decision, or what keeps it from being made. */
function decideAgain(
  { snapshot, policyVersion, policyHash }: DecisionEvidence,
  policyOf: PolicyOf | undefined,
): DecisionTrace | string {
  if (policyVersion === GENESIS_VERSION && policyHash === GENESIS_HASH) return genesisTrace();
  if (policyOf === undefined) return `There is no bundle with the hash ${policyHash}.`;
  try {
    const seen = readSnapshotText(snapshot);
    const policy = policyOf(seen.registry);
    return typeof policy === 'string' ? policy : traceOf(policy, seen);
  } catch (error) {
    if (!isPlatformError(error)) throw error;
    return 'The snapshot is not readable.';
  }
}

const SHOWN = 40;

function difference(stored: string, again: string): string {
  let at = 0;
  while (stored[at] === again[at]) at++;
  const part = (text: string): string => JSON.stringify(text.slice(at, at + SHOWN));
  return `The trace differs from byte ${at} on: it says ${part(stored)}, and ${part(again)} comes out.`;
}

/** @throws INVALID_INPUT where the file was not written by `policy replay` */
export function readEvidence(text: string, path: string): Evidence {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (isEvidence(value)) return value;
  const hint = 'Name a file that "countersign policy replay TRANSFER --save FILE" wrote.';
  throw invalidInput(path, 'not a file of decisions', hint);
}

const DECISION_TEXTS = ['id', 'decidedAt', 'policyHash', 'digest', 'snapshot', 'trace'];

function isEvidence(value: unknown): value is Evidence {
  const { format, subject, decisions, bundles } = fieldsOf(value);
  return (
    format === EVIDENCE_FORMAT &&
    typeof subject === 'string' &&
    isListOf(
      decisions,
      (entry) => hasTexts(entry, DECISION_TEXTS) && hasNumber(entry, 'policyVersion'),
    ) &&
    isListOf(
      bundles,
      (entry) =>
        hasTexts(entry, ['hash']) &&
        hasNumber(entry, 'version') &&
        isListOf(entry['files'], (file) => hasTexts(file, ['path', 'content'])),
    )
  );
}

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {};

const isListOf = (value: unknown, is: (entry: Fields) => boolean): boolean =>
  Array.isArray(value) && value.every((entry) => is(fieldsOf(entry)));

const hasTexts = (fields: Fields, names: readonly string[]): boolean =>
  names.every((name) => typeof fields[name] === 'string');

const hasNumber = (fields: Fields, name: string): boolean => Number.isSafeInteger(fields[name]);
