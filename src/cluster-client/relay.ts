/**
 * One session over the streams to its nodes. The relay passes envelopes on and reads none of them; it
 * notices who answers, who refuses and who lags, and ends the session for all as soon as it is decided.
 */
import type { Refusal, Result } from '#signer-cluster/proto/frames.ts';
import type { OpenRequest } from '#signer-cluster/proto/open-request.ts';
import type { PartyId } from '#signing/kernel.ts';
import type { SignerLink } from './link.ts';
import type { SessionStream } from './session-streams.ts';

export type RelayEnd =
  /** `accepts` was content with these results. */
  | { readonly kind: 'done'; readonly results: ReadonlyMap<PartyId, Result> }
  /** One node's refusal; or, of the evidence, the verdict of every node that gave one. */
  | { readonly kind: 'refused'; readonly refusals: ReadonlyMap<PartyId, Refusal> }
  /** These nodes are gone, lag behind, or gave results that are not acceptable. */
  | {
      readonly kind: 'lost';
      readonly parties: readonly PartyId[];
      /** Those of them that have said nothing to the others. */
      readonly silent: readonly PartyId[];
      readonly reason: string;
    };

export type RelayTimeouts = {
  /** From the opening until every node has said its hello, in milliseconds. */
  readonly openMs: number;
  /** Between two steps forward of a session afterwards. */
  readonly stepMs: number;
};

export type RelayPlan = {
  readonly links: readonly SignerLink[];
  readonly open: OpenRequest;
  readonly timeouts: RelayTimeouts;
  /** Whether these results are what was asked for; `keys` are the public keys that nodes named. */
  accepts(results: ReadonlyMap<PartyId, Result>, keys: ReadonlyMap<PartyId, string>): boolean;
  /** A text that a node sends before its result. */
  document?(party: PartyId, text: string): void;
};

type Node = {
  readonly party: PartyId;
  readonly stream: SessionStream;
  /** How many envelopes it has sent: who lags has sent fewest. */
  posts: number;
};

export function relaySession(plan: RelayPlan): Promise<RelayEnd> {
  const { promise, resolve } = Promise.withResolvers<RelayEnd>();
  const nodes: Node[] = [];
  const results = new Map<PartyId, Result>();
  const keys = new Map<PartyId, string>();
  const refusals = new Map<PartyId, Refusal>();
  let timer: NodeJS.Timeout | undefined;
  let farthest = -1;
  let isDecided = false;

  /** Nodes that are not through yet may come to their own end; the timer sees to it that they do. */
  function finish(end: RelayEnd): void {
    isDecided = true;
    resolve(end);
    if (end.kind !== 'done' || results.size === nodes.length) stop();
  }

  function lose(parties: readonly PartyId[], reason: string): void {
    const silent = nodes.filter(({ party, posts }) => posts === 0 && parties.includes(party));
    finish({ kind: 'lost', parties, silent: silent.map(({ party }) => party), reason });
  }

  function stop(): void {
    clearTimeout(timer);
    for (const { party, stream } of nodes) if (!results.has(party)) stream.cancel();
  }

  /** Who is through, who has accepted, and the round of the slowest: chatter of one node adds nothing. */
  function distance(): number {
    const slowest = Math.min(
      ...nodes.map(({ party, posts }) => (results.has(party) ? 1e6 : posts)),
    );
    return results.size * 1e9 + slowest * 1e3 + keys.size;
  }

  /** Waits anew only where the session has come further. */
  function watch(): void {
    const reached = distance();
    if (reached <= farthest) return;
    farthest = reached;
    clearTimeout(timer);
    const opened = nodes.every(({ posts }) => posts > 0);
    const { openMs, stepMs } = plan.timeouts;
    timer = setTimeout(expire, opened ? stepMs : openMs);
    timer.unref();
  }

  function expire(): void {
    if (refusals.size > 0) finish({ kind: 'refused', refusals });
    const late = nodes.filter(({ party }) => !results.has(party));
    const fewest = Math.min(...late.map(({ posts }) => posts));
    const parties = late.filter(({ posts }) => posts === fewest).map(({ party }) => party);
    lose(parties, 'no answer in time');
  }

  function post(from: Node, to: PartyId, envelope: Uint8Array): void {
    from.posts += 1;
    for (const { party, stream } of nodes) {
      const isMeant = to === 0 ? party !== from.party : party === to;
      if (isMeant) stream.send({ type: 'deliver', party: from.party, envelope });
    }
  }

  function conclude(party: PartyId, result: Result): void {
    results.set(party, result);
    if (isDecided) {
      if (results.size === nodes.length) stop();
    } else if (plan.accepts(results, keys)) finish({ kind: 'done', results });
    else if (results.size === nodes.length) {
      lose([...results.keys()], 'unacceptable results');
    }
  }

  /** Each node judges the evidence by itself: one verdict alone may be a lie, so all are heard. */
  function refuse(party: PartyId, refusal: Refusal): void {
    refusals.set(party, refusal);
    const judged = nodes.every((node) => keys.has(node.party) || refusals.has(node.party));
    if (refusal.code !== 'EVIDENCE_REJECTED' || judged) finish({ kind: 'refused', refusals });
  }

  for (const link of plan.links) {
    const stream = link.open({
      frame(frame) {
        const node = nodes.find(({ party }) => party === link.party) as Node;
        if (frame.type === 'post') post(node, frame.party, frame.envelope);
        else if (frame.type === 'accepted' && !keys.has(link.party)) {
          keys.set(link.party, frame.content.publicKey);
          for (const [party, refusal] of refusals) refuse(party, refusal);
        } else if (frame.type === 'document') plan.document?.(link.party, frame.content.text);
        else if (frame.type === 'result') conclude(link.party, frame.content);
        else if (frame.type === 'refused') refuse(link.party, frame.content);
        else lose([link.party], 'unexpected frame');
        watch();
      },
      ended(reason) {
        if (results.has(link.party) || refusals.has(link.party)) return;
        if (refusals.size > 0) finish({ kind: 'refused', refusals });
        lose([link.party], reason || 'ended early');
      },
    });
    nodes.push({ party: link.party, stream, posts: 0 });
  }
  watch();
  for (const { stream } of nodes) stream.send({ type: 'open', content: plan.open });
  return promise;
}
