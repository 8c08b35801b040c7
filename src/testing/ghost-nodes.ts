/**
 * Nodes that do not run, spoken for with their keys: a test alone decides which nodes run, and those that do
 * wait for the word of all others after a start (docs/adr/0027).
 */
import { randomBytes } from 'node:crypto';
import { type AskNodes, askOver, standUp } from '#cluster-client/stand-up.ts';
import type { SignerLink } from '#cluster-client/link.ts';
import { hex } from '#core/bytes.ts';
import type { Receipt } from '#mandate/receipt-text.ts';
import { makeReceipt } from '#mandate/receipt.ts';
import type { OpenRequest } from '#signer-cluster/proto/open-request.ts';
import { readKnownStarts } from '#signer-cluster/proto/receipt-fields.ts';
import type { Notaries } from './trusted-cluster.ts';

const TIMEOUTS = { openMs: 5_000, stepMs: 10_000 };

export class GhostNodes {
  private readonly notaries: Notaries;
  private readonly starts = new Map<number, string>();
  /** By ghost, what it has heard of. */
  private readonly heard = new Map<number, Map<number, string>>();

  constructor(notaries: Notaries) {
    this.notaries = notaries;
  }

  /** Every node that runs may give its word when this resolves; the names of all starts, by party. */
  async stand(links: readonly SignerLink[]): Promise<ReadonlyMap<number, string>> {
    const over = askOver(links, TIMEOUTS);
    const starts = new Map<number, string>();
    /** Who answers at first runs until the end; who does not is spoken for until then. */
    const running = new Set<number>();
    const ask: AskNodes = async (parties, openFor) => {
      const isAsked = (party: number) => openFor(party).purpose === 'starts' || running.has(party);
      const answers = new Map(await over(parties.filter(isAsked), openFor));
      for (const party of parties) {
        const open = openFor(party);
        if (open.purpose === 'starts' && answers.has(party)) running.add(party);
        const text = running.has(party) ? answers.get(party) : this.answer(party, open);
        if (text !== undefined) answers.set(party, text);
        if (open.purpose !== 'starts' || text === undefined) continue;
        const { start } = readKnownStarts(JSON.parse(text));
        starts.set(party, start);
        // Spoken for later, it is in the same start: another one beside it would be a second copy.
        this.starts.set(party, start);
      }
      return answers;
    };
    await standUp([...this.notaries.keys.keys()], ask);
    return starts;
  }

  private answer(party: number, open: OpenRequest): string | undefined {
    const start = this.starts.get(party) ?? hex(new Uint8Array(randomBytes(16)));
    this.starts.set(party, start);
    const heard = this.heard.get(party) ?? new Map<number, string>();
    this.heard.set(party, heard);
    switch (open.purpose) {
      case 'starts': {
        const all = [...heard].map(([one, its]) => ({ party: one, start: its }));
        return JSON.stringify({ start, isStanding: true, heard: all });
      }
      case 'start': {
        const journal = { count: 1, head: '00'.repeat(32) };
        const replaces = open.replaces.map((one) => ({ ...one }));
        const own = { journal, replaces };
        return JSON.stringify(makeReceipt(this.node(party), { kind: 'start', start }, own));
      }
      case 'takeStarts':
        return JSON.stringify({ told: open.starts.map((one) => this.take(party, heard, one)) });
      default:
        return undefined;
    }
  }

  private take(party: number, heard: Map<number, string>, { statement }: Receipt): Receipt {
    const said = JSON.parse(statement) as { readonly party: number; readonly start: string };
    const { party: of, start } = said;
    heard.set(of, start);
    const own = { newest: 0, heads: [], cosigned: [] };
    return makeReceipt(this.node(party), { kind: 'heard', of, start }, own);
  }

  private node(party: number) {
    const { committee, keys } = this.notaries;
    const key = keys.get(party);
    if (key === undefined) throw new Error(`no key of party ${party}`);
    return { committee, party, sign: key.sign };
  }
}
