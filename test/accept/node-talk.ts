/** A session as a worker that was taken over holds it: it hears every frame, and passes on what it likes. */
import type { SignerLink } from '#cluster-client/link.ts';
import type { SessionStream } from '#cluster-client/session-streams.ts';
import type { Frame } from '#signer-cluster/proto/frames.ts';
import type { OpenRequest } from '#signer-cluster/proto/open-request.ts';
import type { PartyId } from '#signing/kernel.ts';

export type Talk = {
  /** By node, all that has left it. */
  readonly heard: ReadonlyMap<PartyId, readonly Frame[]>;
  /** Who had not come to an end when patience did. */
  readonly unheard: readonly PartyId[];
};

const PATIENCE_MS = 10_000;

const isLast = ({ type }: Frame): boolean => type === 'refused' || type === 'result';

export type Manner = {
  /** Who only has to say something to the others; all else come to an end. */
  readonly talkative?: readonly PartyId[];
  /** Whether one refusal ends it for all. */
  readonly endsAtRefusal?: boolean;
  /** What the recipient gets in place of an envelope; `count` is its number on this way, from 1. */
  readonly alter?: (way: Way, count: number) => readonly Way[];
};

export type Way = { readonly from: PartyId; readonly to: PartyId; readonly envelope: Uint8Array };

const asItCame = (way: Way): readonly Way[] => [way];

/** Opens one session at these nodes and passes what each posts to the others. */
export async function talk(
  links: readonly SignerLink[],
  open: OpenRequest,
  { talkative = [], endsAtRefusal = false, alter = asItCame }: Manner = {},
): Promise<Talk> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const heard = new Map<PartyId, Frame[]>(links.map(({ party }) => [party, []]));
  const streams = new Map<PartyId, SessionStream>();
  const counts = new Map<string, number>();
  const waiting = new Set(links.map(({ party }) => party));
  const leave = (party: PartyId): void => {
    waiting.delete(party);
    if (waiting.size === 0) resolve();
  };
  const pass = (from: PartyId, posted: number, envelope: Uint8Array): void => {
    for (const to of streams.keys()) {
      if (to === from || (posted !== 0 && posted !== to)) continue;
      const count = (counts.get(`${from} ${to}`) ?? 0) + 1;
      counts.set(`${from} ${to}`, count);
      for (const way of alter({ from, to, envelope }, count)) {
        const frame = { type: 'deliver', party: way.from, envelope: way.envelope } as const;
        streams.get(way.to)?.send(frame);
      }
    }
  };
  for (const link of links) {
    const { party } = link;
    const listener = {
      frame(frame: Frame) {
        heard.get(party)?.push(frame);
        if (frame.type === 'post') pass(party, frame.party, frame.envelope);
        if (isLast(frame) || (frame.type === 'post' && talkative.includes(party))) leave(party);
        if (frame.type === 'refused' && endsAtRefusal) resolve();
      },
      ended: () => leave(party),
    };
    streams.set(party, link.open(listener));
  }
  for (const stream of streams.values()) stream.send({ type: 'open', content: open });
  const timer = setTimeout(resolve, PATIENCE_MS);
  await promise;
  clearTimeout(timer);
  for (const stream of streams.values()) stream.cancel();
  return { heard, unheard: [...waiting] };
}
