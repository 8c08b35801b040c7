/**
 * The argument of docs/adr/0017, as a game: an adversary who holds t-1 nodes and every message decides
 * who is asked what, and when. He wins when more was paid than the limit allows. He needs one honest
 * node's share beside those of his own.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PlatformError, isPlatformError } from '#core/errors.ts';
import { END, keyOf } from './known-spends.ts';
import { type Shape, needsConfirmation, priceOfAvailability, quorumOf } from './quorum.ts';
import {
  type Confirmed,
  type Judge,
  type SpendAgreement,
  spendAgreement,
} from './spend-agreement.ts';

type Spend = { readonly id: string; readonly created: number };

const SHAPES: readonly Shape[] = [2, 3, 4, 5, 6, 7].flatMap((members) =>
  Array.from({ length: members - 1 }, (_, index) => ({ threshold: index + 2, members })),
);

test('two quorums of any committee up to seven nodes share an honest one, and n nodes can give one', () => {
  for (const shape of SHAPES) {
    const { threshold, members } = shape;
    const shared = 2 * quorumOf(shape) - members;
    expect(shared, JSON.stringify(shape)).toBeGreaterThanOrEqual(threshold);
    expect(quorumOf(shape)).toBeLessThanOrEqual(members);
  }
});

test.each([
  [2, 3, 3],
  [3, 5, 4],
  [4, 7, 6],
])('%i of %i takes %i receipts', (threshold, members, quorum) => {
  expect(quorumOf({ threshold, members })).toBe(quorum);
});

type Move = {
  readonly ask: 'record' | 'confirm' | 'sign' | 'learn';
  readonly spend: number;
  readonly node: number;
  /** Whether what is confirmed is told in two ranges, and without the ids. */
  readonly isCut?: boolean;
  readonly isShort?: boolean;
};

/** `claimed` is what the nodes take their committee for; a wrong one makes a planted fault. */
class Game {
  readonly paid = new Set<number>();
  readonly #nodes: readonly SpendAgreement<Spend>[];
  readonly #corrupted: readonly number[];
  readonly #confirmed = new Map<number, Map<number, Confirmed>>();
  readonly #recorded = new Map<number, Set<number>>();

  constructor(
    readonly real: Shape,
    readonly claimed: Shape,
    readonly limit: number,
    readonly mode: 'safety' | 'availability' = 'safety',
  ) {
    const honest = real.members - real.threshold + 1;
    this.#corrupted = Array.from({ length: real.threshold - 1 }, (_, index) => honest + index);
    this.#nodes = Array.from({ length: honest }, () => spendAgreement<Spend>(claimed));
  }

  #judge(spend: Spend): Judge<Spend> {
    return (known) => {
      const count = known.size + (known.has(spend.id) ? 0 : 1);
      if (count <= this.limit) return;
      throw new PlatformError('EVIDENCE_REJECTED', { reason: 'over the limit' });
    };
  }

  get honest(): number {
    return this.#nodes.length;
  }

  play(move: Move): void {
    const { ask, spend, node } = move;
    const honest = this.#nodes[node % this.honest] as SpendAgreement<Spend>;
    const party = node % this.honest;
    const asked = { id: `spend-${spend}`, created: spend };
    try {
      this.#ask(ask, { honest, party, spend, asked, move });
    } catch (error) {
      if (!isPlatformError(error)) throw error;
    }
  }

  #ask(
    ask: Move['ask'],
    at: {
      readonly honest: SpendAgreement<Spend>;
      readonly party: number;
      readonly spend: number;
      readonly asked: Spend;
      readonly move: Move;
    },
  ): void {
    const { honest, party, spend, asked, move } = at;
    const recordedBy = [...(this.#recorded.get(spend) ?? []), ...this.#corrupted];
    switch (ask) {
      case 'record':
        honest.record(asked, this.#judge(asked));
        this.#recorded.set(spend, (this.#recorded.get(spend) ?? new Set()).add(party));
        return;
      case 'learn':
        honest.learn(asked);
        return;
      case 'confirm': {
        if (recordedBy.length < quorumOf(this.claimed)) return;
        const of = this.#confirmed.get(spend) ?? new Map<number, Confirmed>();
        const untils = move.isCut === true ? [keyOf({ id: '', created: 2 }), END] : [END];
        const { known, ids } = honest.confirm(untils);
        const told = { known, ids: move.isShort === true ? [] : ids };
        this.#confirmed.set(spend, of.set(party, { party, ...told }));
        return;
      }
      case 'sign': {
        if (this.mode === 'availability') {
          honest.record(asked, this.#judge(asked));
          this.paid.add(spend);
          return;
        }
        // The corrupted ones say that they know what this node knows.
        const mirrored = honest.confirm([END]);
        const lies = this.#corrupted.map((one) => ({ party: one, ...mirrored }));
        const confirmed = [...(this.#confirmed.get(spend)?.values() ?? []), ...lies];
        honest.requireAgreed({ recordedBy, confirmed }, this.#judge(asked));
        this.paid.add(spend);
      }
    }
  }
}

const SPENDS = 5;
const LIMIT = 2;

const moves = fc.array(
  fc.record({
    ask: fc.constantFrom('record', 'record', 'confirm', 'sign', 'learn'),
    spend: fc.nat(SPENDS - 1),
    node: fc.nat(6),
    isCut: fc.boolean(),
    isShort: fc.boolean(),
  }) as fc.Arbitrary<Move>,
  { minLength: 30, maxLength: 160 },
);

test.each(SHAPES)('$threshold of $members: no schedule pays more than the limit', (shape) => {
  fc.assert(
    fc.property(moves, (schedule) => {
      const game = new Game(shape, shape, LIMIT);
      for (const move of schedule) game.play(move);
      expect(game.paid.size).toBeLessThanOrEqual(LIMIT);
    }),
    { numRuns: 60, seed: 17 },
  );
});

test.each(SHAPES)('$threshold of $members: what is within the limit is paid', (shape) => {
  const game = new Game(shape, shape, LIMIT);
  for (let spend = 0; spend < LIMIT; spend += 1) {
    for (const ask of ['record', 'confirm', 'sign'] as const) {
      for (let node = 0; node < game.honest; node += 1) game.play({ ask, spend, node });
    }
  }
  expect(game.paid.size).toBe(LIMIT);
});

/** Each of three spends is recorded by two honest nodes of three, so that each is counted by one other. */
const CIRCLE: readonly Move[] = [
  { ask: 'record', spend: 2, node: 0 },
  { ask: 'record', spend: 0, node: 0 },
  { ask: 'record', spend: 0, node: 1 },
  { ask: 'record', spend: 1, node: 1 },
  { ask: 'record', spend: 1, node: 2 },
  { ask: 'record', spend: 2, node: 2 },
];

const signAll: readonly Move[] = [0, 1, 2].flatMap((spend) =>
  [0, 1, 2].map((node) => ({ ask: 'sign', spend, node }) as const),
);

test('receipts alone are not enough where a quorum is not everybody: three spends in a circle', () => {
  const real = { threshold: 3, members: 5 };
  const claimed = { threshold: 3, members: 4 };
  expect(quorumOf(claimed)).toBe(quorumOf(real));
  expect(needsConfirmation(claimed)).toBe(false);
  const without = new Game(real, claimed, 2);
  for (const move of [...CIRCLE, ...signAll]) without.play(move);
  expect(without.paid.size).toBe(3);
  const confirmAll = [0, 1, 2].flatMap((spend) =>
    [0, 1, 2].map((node) => ({ ask: 'confirm', spend, node }) as const),
  );
  const learnAll = confirmAll.map((move) => ({ ...move, ask: 'learn' }) as const);
  const game = new Game(real, real, 2);
  for (const move of [
    ...CIRCLE,
    ...confirmAll,
    ...signAll,
    ...learnAll,
    ...confirmAll,
    ...signAll,
  ]) {
    game.play(move);
  }
  expect(game.paid.size).toBeLessThanOrEqual(2);
});

test('a quorum that is only a majority is not enough: two of them may share only a corrupted node', () => {
  const real = { threshold: 2, members: 3 };
  const claimed = { threshold: 2, members: 2 };
  const game = new Game(real, claimed, 1);
  for (const [spend, node] of [
    [0, 0],
    [1, 1],
  ] as const) {
    game.play({ ask: 'record', spend, node });
    game.play({ ask: 'sign', spend, node });
  }
  expect(game.paid.size).toBe(2);
});

test.each(SHAPES)(
  '$threshold of $members: for availability a limit is spent once by each honest node, and no oftener',
  (shape) => {
    const game = new Game(shape, shape, 1, 'availability');
    const tries = Array.from({ length: 10 }, (_, spend) => spend);
    for (const spend of tries) {
      for (let node = 0; node < game.honest; node += 1) {
        if (node === spend % game.honest) game.play({ ask: 'sign', spend, node });
      }
    }
    expect(game.paid.size).toBe(priceOfAvailability(shape));
  },
);

test('a node that tells of spends which nobody can show stops no payment', () => {
  const shape = { threshold: 3, members: 5 };
  const node = spendAgreement<Spend>(shape);
  const spend = { id: 'a', created: 1 };
  node.record(spend, () => undefined);
  const honest = (party: number) => ({ party, ...node.confirm([END]) });
  const liar = spendAgreement<Spend>(shape);
  for (const id of ['a', 'never made']) liar.record({ id, created: 1 }, () => undefined);
  const lie = { party: 5, ...liar.confirm([END]) };
  const recordedBy = [1, 2, 3, 4, 5];
  const agreed = (parties: readonly number[]) =>
    node.requireAgreed({ recordedBy, confirmed: [...parties.map(honest), lie] }, () => undefined);
  agreed([1, 2, 3, 4]);
  expect(() => agreed([1, 2, 3])).toThrow(/SPENDS_DIFFER/);
});
