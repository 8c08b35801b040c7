/**
 * What all nodes of a key do together or not at all: making it, replacing its shares, taking it in and giving it
 * out. What a crash interrupts is asked for again.
 */
import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type Bytes, hex, parseHex } from '#core/bytes.ts';
import type { KeyId, OrganizationId } from '#core/ids.ts';
import type { Result } from '#signer-cluster/proto/frames.ts';
import type { OpenRequest } from '#signer-cluster/proto/open-request.ts';
import type { PartyId } from '#signing/kernel.ts';
import type {
  ExportRequest,
  ImportRequest,
  KeyChange,
  KeyRequest,
  MadeKey,
  ReshareRequest,
} from './key-request.ts';
import type { SignerLink } from './link.ts';
import { errorOf, unavailable } from './outcome.ts';
import { areEqual } from './register-wallet.ts';
import { type RelayEnd, type RelayTimeouts, relaySession } from './relay.ts';
import { isStartDue } from './stand-up.ts';

type CeremonyRequest = Extract<
  OpenRequest,
  {
    readonly purpose:
      | 'createKey'
      | 'refreshKey'
      | 'reshareKey'
      | 'importKey'
      | 'exportKey'
      | 'presign';
  }
>;

const CREATE_ATTEMPTS_MAX = 20;

export type CeremonyParts = {
  /** Ascending by party. */
  readonly links: readonly SignerLink[];
  /** Of nodes that have left the committee: they deal their shares to others. */
  readonly retired: readonly SignerLink[];
  readonly timeouts: RelayTimeouts;
  /** Undefined where all members hold the key. */
  holdersOf(keyId: KeyId): Promise<readonly PartyId[] | undefined>;
  /** Has the nodes tell each other of their starts. */
  stand(): Promise<void>;
  /** Hears of each ceremony that did not come to its end. */
  note(end: Exclude<RelayEnd, { kind: 'done' }>, signers: readonly PartyId[]): void;
};

export class KeyCeremonies {
  readonly #parts: CeremonyParts;
  /** The key making that an organisation's next one waits for: its pairs are set up once. */
  readonly #making = new Map<OrganizationId, Promise<void>>();

  constructor(parts: CeremonyParts) {
    this.#parts = parts;
  }

  #members(): readonly PartyId[] {
    return this.#parts.links.map(({ party }) => party);
  }

  async createKey(request: KeyRequest): Promise<MadeKey> {
    const { organization } = request;
    const before = this.#making.get(organization);
    const made = this.#makeKey(request, before);
    const over = made.then(
      () => undefined,
      () => undefined,
    );
    this.#making.set(organization, over);
    try {
      return await made;
    } finally {
      if (this.#making.get(organization) === over) this.#making.delete(organization);
    }
  }

  async #makeKey(request: KeyRequest, before: Promise<void> | undefined): Promise<MadeKey> {
    await before;
    // Every node is needed for it: who starts later finds all others to have heard of each other.
    await this.#parts.stand();
    const { keyId, organization, scheme } = request;
    const signers = this.#members();
    return this.#takeIn({ purpose: 'createKey', keyId, organization, scheme, signers });
  }

  /** What every node tells of a key that is new to all of them. */
  async #takeIn(open: Extract<CeremonyRequest, { readonly signers: unknown }>): Promise<MadeKey> {
    const told = new Set<string>();
    const publicKey = await this.#ceremony(open, open.signers, (_, text) => told.add(text));
    const [chainCode] = told;
    if (chainCode === undefined || told.size > 1) {
      throw unavailable('the nodes do not tell the same chain code');
    }
    return { publicKey: parseHex(publicKey), chainCode: parseHex(chainCode) };
  }

  async refreshKey({ keyId }: KeyChange): Promise<{ readonly publicKey: Bytes }> {
    // Only the nodes know whether a reshare has given the key to fewer of them.
    const holders = await this.#parts.holdersOf(keyId);
    const signers = this.#members().filter((party) => holders?.includes(party) !== false);
    return {
      publicKey: parseHex(await this.#ceremony({ purpose: 'refreshKey', keyId, signers }, signers)),
    };
  }

  async reshareKey(request: ReshareRequest): Promise<{ readonly publicKey: Bytes }> {
    const { dealers, receivers } = request;
    const signers = [...new Set([...dealers, ...receivers])].toSorted((a, b) => a - b);
    const publicKey = await this.#ceremony({ purpose: 'reshareKey', ...request }, signers);
    return { publicKey: parseHex(publicKey) };
  }

  async importKey(request: ImportRequest): Promise<MadeKey> {
    const signers = this.#members();
    return this.#takeIn({ purpose: 'importKey', ...request, signers });
  }

  async exportKey(request: ExportRequest): Promise<{ readonly shares: readonly string[] }> {
    const { keyId, recipient, exporters: signers } = request;
    const shares = new Map<PartyId, string>();
    const open = { purpose: 'exportKey', keyId, recipient: hex(recipient), signers } as const;
    try {
      await this.#ceremony(open, signers, (party, text) => shares.set(party, text));
    } catch (error) {
      // Some nodes may have ended the export when another one dies: whoever has all boxes keeps them.
      if (shares.size < signers.length) throw error;
    }
    return { shares: signers.map((party) => shares.get(party) ?? '') };
  }

  /** All these nodes or none; the public key on which they agree. Waits for another of its kind. */
  async #ceremony(
    open: CeremonyRequest,
    signers: readonly PartyId[],
    document?: (party: PartyId, text: string) => void,
  ): Promise<string> {
    for (let attempt = 1; ; attempt++) {
      const end = await relaySession({
        links: [...this.#parts.links, ...this.#parts.retired].filter(({ party }) =>
          signers.includes(party),
        ),
        open,
        ...(document === undefined ? {} : { document }),
        timeouts: this.#parts.timeouts,
        accepts: (results) => results.size === signers.length && areEqual(results),
      });
      if (end.kind === 'done') return ([...end.results.values()][0] as Result).publicKey;
      this.#parts.note(end, signers);
      if (attempt === 1 && end.kind === 'refused' && isStartDue(end.refusals.values())) {
        await this.#parts.stand();
        continue;
      }
      if (end.kind === 'lost') throw unavailable(`${end.reason} (${end.parties.join(', ')})`);
      const refusals = [...end.refusals.values()];
      const isBusy = refusals.every(({ code }) => code === 'IDEMPOTENCY_IN_FLIGHT');
      if (!isBusy || attempt === CREATE_ATTEMPTS_MAX) throw errorOf(open.purpose, refusals);
      // Another worker makes a key of this organisation: the pause is random so that two do not
      // meet again and again.
      await pause(randomInt(20, 40 * attempt));
    }
  }
}
