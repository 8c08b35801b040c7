/**
 * Who holds the gateway, every message and t-1 nodes: asks honest nodes for what nobody ordered, in any
 * order, with every receipt and confirmation that was ever given, and with lies of the corrupted nodes.
 */
import type { Vote } from '#policy-lang/approval-quorum.ts';
import type { NodeSetting, Receipt, SignerNode } from './node.ts';
import { digestOf, type Intent, type Mandate } from './shapes.ts';
import { isRefusal, Process } from './world.ts';
import type { Overheard } from './worker.ts';

/** Intents that people have signed and approved, and that the gateway kept to itself. */
const WITHHELD = 4;
const UNITS = 400;

const APPROVED: readonly Vote[] = [
  { person: 'bob', decision: 'APPROVE' },
  { person: 'dora', decision: 'APPROVE' },
];

export type Adversary = {
  act(): void;
};

export function adversaryOf(
  { world, shape }: NodeSetting,
  parts: {
    readonly honest: readonly SignerNode[];
    readonly corrupted: readonly number[];
    readonly wallet: string;
    readonly overheard: Overheard;
  },
): Adversary {
  const { honest, corrupted, wallet, overheard } = parts;
  const { random } = world;
  const self = new Process('adversary');
  const receipts: Receipt[] = overheard.receipts;
  let presignatures = 0;
  const intents = Array.from({ length: WITHHELD + 1 }, (_, index): Intent => {
    const id = index === WITHHELD ? 'forged' : `withheld-${index}`;
    return { id, wallet, units: UNITS, initiator: 'alice', created: 0, expires: 10 ** 9 };
  });

  const drawMandate = (): Mandate => {
    const intent = random.pick(intents);
    const nonce = random.below(2);
    const votes = intent.id === 'forged' ? [] : APPROVED;
    return { intent, nonce, votes, digest: digestOf(intent, nonce) };
  };

  const sign = (node: SignerNode, mandate: Mandate): void => {
    const { digest } = mandate;
    const signers = [node.party, ...corrupted].slice(0, shape.threshold);
    const presignature = `stolen ${(presignatures += 1)}`;
    const lies = corrupted.map((party) => ({ party, digest }));
    const asked = {
      mandate,
      receipts: [...receipts, ...lies],
      // The corrupted ones say that nobody knows more than the node that is asked.
      confirmations: [
        ...overheard.confirmations,
        ...corrupted.map((party) => ({ party, digest, ...node.mirror() })),
      ],
      signers,
      presignature,
    };
    world.ask(
      self,
      node.process,
      () => {
        node.addPresignature(signers, presignature);
        return node.sign(asked);
      },
      () => undefined,
    );
  };

  return {
    act() {
      const node = random.pick(honest);
      const mandate = drawMandate();
      const kind = random.below(4);
      if (kind === 0) sign(node, mandate);
      else if (kind === 1) {
        const { digest } = mandate;
        const all = [...receipts, ...corrupted.map((party) => ({ party, digest }))];
        world.ask(
          self,
          node.process,
          () => node.confirm(mandate, all),
          (answer) => {
            if (!isRefusal(answer)) overheard.confirmations.push(answer);
          },
        );
      } else {
        world.ask(
          self,
          node.process,
          () => node.reserve(mandate),
          (answer) => {
            if (!isRefusal(answer)) receipts.push(answer);
          },
        );
      }
    },
  };
}
