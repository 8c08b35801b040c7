/**
 * The protocols of a node by name: what each takes and what it makes. Both are data alone, without the
 * source of randomness, so that a thread can be handed the one and hand back the other. Secrets stand
 * in the fields of `SECRET_FIELDS` and nowhere else.
 */
import type { Bytes } from '#core/bytes.ts';
import type { Scheme } from '#core/scheme.ts';
import type { Signature } from '#chains/adapter.ts';
import type { Incoming, Outgoing, PartyId, Protocol, Random } from '#signing/kernel.ts';
import type { ExportedShare } from '#signing/lifecycle/export.ts';
import { among } from './among.ts';
import {
  type PairsCeremony,
  type MadeKey,
  type MadePresignature,
  type Presigning,
  type Protocols,
  type SecretCeremony,
  type SigningCeremony,
  schemeOf,
} from './protocols.ts';
import { type LifeProtocols, lifeOf } from './share-kinds.ts';

type Task<Takes, Makes> = {
  readonly takes: Omit<Takes, 'random'>;
  readonly makes: Makes;
};
type OfScheme<Takes> = Takes & { readonly scheme: Scheme };
type OfLife<Verb extends Exclude<keyof LifeProtocols, 'describe'>> = OfScheme<
  Parameters<LifeProtocols[Verb]>[0]
>;
type OneShare = { readonly share: Bytes };

export type Tasks = {
  readonly setUpPairs: Task<PairsCeremony, { readonly pairs: ReadonlyMap<PartyId, Bytes> }>;
  readonly keygen: Task<OfScheme<Parameters<SchemeKeygen>[0]>, MadeKey>;
  readonly sign: Task<OfScheme<SigningCeremony>, Signature>;
  readonly presign: Task<OfScheme<SecretCeremony>, MadePresignature>;
  readonly online: Task<OfScheme<Parameters<Presigning['online']>[0]>, Signature>;
  readonly refresh: Task<OfLife<'refresh'>, OneShare>;
  readonly reshare: Task<OfLife<'reshare'>, Partial<OneShare>>;
  readonly importKey: Task<OfLife<'importKey'>, OneShare>;
  readonly exportShare: Task<OfLife<'exportShare'>, ExportedShare>;
  /** `parties` sign in a session of more, of which a party that does not sign holds no share. */
  readonly testSignature: Task<
    OfScheme<Omit<SigningCeremony, 'share'> & Partial<OneShare>>,
    undefined
  >;
};
type SchemeKeygen = NonNullable<Protocols['schemes'][Scheme]>['keygen'];

export type TaskName = keyof Tasks;

/** Where the secrets of a task stand, in what it takes and in what it makes. */
export const SECRET_FIELDS = [
  'share',
  'pairs',
  'presignature',
  'dealt',
  'secret',
  'hedge',
] as const;

export type Step<Output> = IteratorResult<Outgoing, Output>;

/** One party's part of a protocol, wherever it runs. */
export type Running<Output> = {
  /** One round on; the first call brings no messages. @throws ProtocolAbort */
  next(...incoming: [] | [Incoming]): Step<Output> | Promise<Step<Output>>;
  /** Whoever began it asks no more, whether it came to its end or not. */
  end(): void;
};

export type Perform = <N extends TaskName>(
  name: N,
  taken: Tasks[N]['takes'],
) => Running<Tasks[N]['makes']>;

/** Runs tasks in the thread that asks. */
export const performHere =
  (protocols: Protocols, random: Random): Perform =>
  (name, taken) => {
    const protocol = protocolOf(protocols, random, name, taken);
    return { next: (...incoming) => protocol.next(...incoming), end: () => undefined };
  };

/** A task's protocol, which has not begun. */
export const protocolOf = <N extends TaskName>(
  protocols: Protocols,
  random: Random,
  name: N,
  taken: Tasks[N]['takes'],
): Protocol<Tasks[N]['makes']> => STARTERS[name](protocols, random, taken);

type Starter<N extends TaskName> = (
  protocols: Protocols,
  random: Random,
  taken: Tasks[N]['takes'],
) => Protocol<Tasks[N]['makes']>;

const STARTERS: { readonly [N in TaskName]: Starter<N> } = {
  *setUpPairs(protocols, random, taken) {
    return { pairs: yield* protocols.setUpPairs({ ...taken, random }) };
  },
  keygen: (protocols, random, { scheme, ...taken }) =>
    schemeOf(protocols, scheme).keygen({ ...taken, random }),
  sign: (protocols, random, { scheme, ...taken }) =>
    schemeOf(protocols, scheme).sign({ ...taken, random }),
  presign: (protocols, random, { scheme, ...taken }) =>
    presigningOf(protocols, scheme).presign({ ...taken, random }),
  online: (protocols, random, { scheme, ...taken }) =>
    presigningOf(protocols, scheme).online({ ...taken, random }),
  *refresh(_, random, { scheme, ...taken }) {
    return { share: yield* lifeOf(scheme).refresh({ ...taken, random }) };
  },
  *reshare(_, random, { scheme, ...taken }) {
    const share = yield* lifeOf(scheme).reshare({ ...taken, random });
    return share === undefined ? {} : { share };
  },
  *importKey(_, random, { scheme, ...taken }) {
    return { share: yield* lifeOf(scheme).importKey({ ...taken, random }) };
  },
  exportShare: (_, random, { scheme, ...taken }) =>
    lifeOf(scheme).exportShare({ ...taken, random }),
  *testSignature(protocols, random, { scheme, share, ...taken }) {
    const { me, parties } = taken;
    const part =
      share !== undefined && parties.includes(me)
        ? schemeOf(protocols, scheme).sign({ ...taken, share, random })
        : undefined;
    yield* among(parties, me, part);
    return undefined;
  },
};

function presigningOf(protocols: Protocols, scheme: Scheme): Presigning {
  const { presigning } = schemeOf(protocols, scheme);
  if (presigning !== undefined) return presigning;
  throw new Error(`${scheme} has no presignatures, and its callers know`);
}
