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
import { type Stage, blockersOf } from './withdrawal.ts';

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
  readonly ask: 'record' | 'confirm' | 'sign' | 'learn' | 'withdraw' | 'bury' | 'restart';
  readonly spend: number;
  readonly node: number;
  /** Whether what is confirmed is told in two ranges, and without the ids. */
  readonly isCut?: boolean;
  readonly isShort?: boolean;
};

type Line = readonly ['spend' | 'signed' | 'withdrawn' | 'buried', number];

const spendOf = (spend: number): Spend => ({ id: `spend-${spend}`, created: spend });

/** `claimed` is what the nodes take their committee for; a wrong one makes a planted fault. */
class Game {
  readonly paid = new Set<number>();
  readonly buried = new Set<number>();
  readonly #nodes: SpendAgreement<Spend>[];
  /** By node, what its journal has: spends, and what it did with them. */
  readonly #journals: Line[][];
  readonly #withdrawn = new Map<number, Map<number, Stage>>();
  readonly #corrupted: readonly number[];
  readonly #confirmed = new Map<number, Map<number, Confirmed>>();
  readonly #recorded = new Map<number, Set<number>>();

  constructor(
    readonly real: Shape,
    readonly claimed: Shape,
    readonly limit: number,
  ) {
    const honest = real.members - real.threshold + 1;
    this.#corrupted = Array.from({ length: real.threshold - 1 }, (_, index) => honest + index);
    this.#nodes = Array.from({ length: honest }, () => spendAgreement<Spend>(claimed));
    this.#journals = this.#nodes.map(() => []);
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
    const asked = spendOf(spend);
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
    const journal = this.#journals[party] ?? [];
    switch (ask) {
      case 'record':
        honest.record(asked, this.#judge(asked));
        journal.push(['spend', spend]);
        this.#recorded.set(spend, (this.#recorded.get(spend) ?? new Set()).add(party));
        return;
      case 'learn':
        honest.learn(asked);
        journal.push(['spend', spend]);
        return;
      case 'withdraw': {
        const of = this.#withdrawn.get(spend) ?? new Map<number, Stage>();
        this.#withdrawn.set(spend, of.set(party, honest.withdraw(asked.id)));
        journal.push(['withdrawn', spend]);
        return;
      }
      case 'bury': {
        const lies = this.#corrupted.map((one) => [one, 'none'] as const);
        honest.bury(asked.id, new Map([...(this.#withdrawn.get(spend) ?? []), ...lies]));
        journal.push(['buried', spend]);
        this.buried.add(spend);
        return;
      }
      case 'restart':
        this.#nodes[party] = this.#restarted(journal);
        return;
      case 'confirm': {
        if (recordedBy.length < quorumOf(this.claimed)) return;
        const of = this.#confirmed.get(spend) ?? new Map<number, Confirmed>();
        const untils = move.isCut === true ? [keyOf({ id: '', created: 2 }), END] : [END];
        const { known, ids } = honest.confirm(asked.id, untils);
        const told = { known, ids: move.isShort === true ? [] : ids };
        this.#confirmed.set(spend, of.set(party, { party, ...told }));
        return;
      }
      case 'sign': {
        // The corrupted ones say that they know what this node knows.
        const mirrored = honest.tell([END]);
        const lies = this.#corrupted.map((one) => ({ party: one, ...mirrored }));
        const confirmed = [...(this.#confirmed.get(spend)?.values() ?? []), ...lies];
        const { id } = asked;
        honest.requireAgreed({ id, recordedBy, confirmed }, this.#judge(asked));
        journal.push(['signed', spend]);
        this.paid.add(spend);
      }
    }
  }

  /** With nothing but what the disk has: whether it has confirmed a spend is not in writing. */
  #restarted(journal: readonly Line[]): SpendAgreement<Spend> {
    const node = spendAgreement<Spend>(this.claimed);
    for (const [what, spend] of journal) {
      const asked = spendOf(spend);
      if (what === 'spend') {
        node.learn(asked);
        node.restore(asked.id, 'confirmed');
      } else node.restore(asked.id, what);
    }
    return node;
  }
}

const SPENDS = 5;
const LIMIT = 2;

const moves = fc.array(
  fc.record({
    ask: fc.constantFrom(
      ...(['record', 'record', 'confirm', 'confirm', 'sign', 'sign', 'learn'] as const),
      ...(['withdraw', 'bury', 'restart'] as const),
    ),
    spend: fc.nat(SPENDS - 1),
    node: fc.nat(6),
    isCut: fc.boolean(),
    isShort: fc.boolean(),
  }) as fc.Arbitrary<Move>,
  { minLength: 30, maxLength: 160 },
);

test.each(SHAPES)(
  '$threshold of $members: no schedule pays more than the limit, or what is buried',
  (shape) => {
    fc.assert(
      fc.property(moves, (schedule) => {
        const game = new Game(shape, shape, LIMIT);
        for (const move of schedule) game.play(move);
        expect(game.paid.size).toBeLessThanOrEqual(LIMIT);
        for (const spend of game.buried) expect(game.paid).not.toContain(spend);
      }),
      { numRuns: 60, seed: 17 },
    );
  },
);

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
  '$threshold of $members: for availability a limit is spent once by each honest node',
  (shape) => {
    const available = { ...shape, mode: 'availability' as const };
    const game = new Game(available, available, 1);
    for (let spend = 0; spend < game.honest; spend += 1) {
      for (const ask of ['record', 'sign'] as const) game.play({ ask, spend, node: spend });
    }
    expect(game.paid.size).toBe(priceOfAvailability(shape));
  },
);

test.each(SHAPES)(
  '$threshold of $members: for availability no schedule spends a limit more than n-t+1 times',
  (shape) => {
    const available = { ...shape, mode: 'availability' as const };
    const price = priceOfAvailability(shape);
    const tries = fc.array(
      fc.record({
        ask: fc.constantFrom(...(['record', 'sign', 'learn', 'withdraw', 'bury'] as const)),
        spend: fc.nat(price + 2),
        node: fc.nat(6),
      }) as fc.Arbitrary<Move>,
      { minLength: 40, maxLength: 120 },
    );
    fc.assert(
      fc.property(tries, (schedule) => {
        const game = new Game(available, available, 1);
        for (const move of schedule) game.play(move);
        expect(game.paid.size).toBeLessThanOrEqual(price);
        for (const spend of game.buried) expect(game.paid).not.toContain(spend);
      }),
      { numRuns: 30, seed: 18 },
    );
  },
);

test('a node that tells of spends which nobody can show stops no payment', () => {
  const shape = { threshold: 3, members: 5 };
  const node = spendAgreement<Spend>(shape);
  const spend = { id: 'a', created: 1 };
  node.record(spend, () => undefined);
  const honest = (party: number) => ({ party, ...node.tell([END]) });
  const liar = spendAgreement<Spend>(shape);
  for (const id of ['a', 'never made']) liar.record({ id, created: 1 }, () => undefined);
  const lie = { party: 5, ...liar.tell([END]) };
  const recordedBy = [1, 2, 3, 4, 5];
  const agreed = (parties: readonly number[]) =>
    node.requireAgreed(
      { id: spend.id, recordedBy, confirmed: [...parties.map(honest), lie] },
      () => undefined,
    );
  agreed([1, 2, 3, 4]);
  expect(() => agreed([1, 2, 3])).toThrow(/SPENDS_DIFFER/);
});

test.each(SHAPES)(
  '$threshold of $members: a payment that some have in writing and others refuse is buried, and its amount free',
  (shape) => {
    const game = new Game(shape, shape, 1);
    game.play({ ask: 'record', spend: 0, node: 0 });
    const all = Array.from({ length: game.honest }, (_, node) => node);
    for (const ask of ['withdraw', 'bury'] as const) {
      for (const node of all) game.play({ ask, spend: 0, node });
    }
    expect(game.buried).toEqual(new Set([0]));
    for (const ask of ['record', 'confirm', 'sign'] as const) {
      for (const spend of [0, 1]) for (const node of all) game.play({ ask, spend, node });
    }
    expect(game.paid).toEqual(new Set([1]));
  },
);

test.each(SHAPES)('$threshold of $members: what may have been signed is never buried', (shape) => {
  for (const isRestarted of [false, true]) {
    const game = new Game(shape, shape, 1);
    const all = Array.from({ length: game.honest }, (_, node) => node);
    for (const ask of ['record', 'confirm'] as const) {
      for (const node of all) game.play({ ask, spend: 0, node });
    }
    game.play({ ask: 'sign', spend: 0, node: 0 });
    if (isRestarted) for (const node of all) game.play({ ask: 'restart', spend: 0, node });
    for (const ask of ['withdraw', 'bury'] as const) {
      for (const node of all) game.play({ ask, spend: 0, node });
    }
    expect(game.paid).toEqual(new Set([0]));
    expect(game.buried).toEqual(new Set());
  }
});

test.each(SHAPES)(
  '$threshold of $members: what a quorum has confirmed is not buried while one node may still sign it',
  (shape) => {
    const game = new Game(shape, shape, 1);
    const all = Array.from({ length: game.honest }, (_, node) => node);
    for (const ask of ['record', 'confirm'] as const) {
      for (const node of all) game.play({ ask, spend: 0, node });
    }
    for (const ask of ['withdraw', 'bury'] as const) {
      for (const node of all.slice(1)) game.play({ ask, spend: 0, node });
    }
    game.play({ ask: 'sign', spend: 0, node: 0 });
    expect(game.paid).toEqual(new Set([0]));
    expect(game.buried).toEqual(new Set());
  },
);

const anything = (): void => undefined;

test('a node that has withdrawn from a spend gives no receipt, no confirmation and no share', () => {
  const spend = { id: 'a', created: 1 };
  const parties = [1, 2, 3, 4];
  for (const isKnown of [false, true]) {
    const node = spendAgreement<Spend>({ threshold: 3, members: 5 });
    if (isKnown) node.record(spend, anything);
    expect(node.withdraw('a')).toBe(isKnown ? 'recorded' : 'none');
    const confirmed = parties.map((party) => ({ party, ...node.tell([END]) }));
    const withdrawn = /has withdrawn/;
    expect(() => node.record(spend, anything)).toThrow(withdrawn);
    expect(() => node.confirm('a', [END])).toThrow(withdrawn);
    expect(() => node.requireAgreed({ id: 'a', recordedBy: parties, confirmed }, anything)).toThrow(
      withdrawn,
    );
    // Others may have it in writing still: until it is buried it counts.
    node.learn(spend);
    expect(node.find('a')).toEqual(spend);
    expect(() => node.bury('a', new Map([1, 2, 3].map((party) => [party, 'none'])))).toThrow(
      /too few/,
    );
    node.bury('a', new Map(parties.map((party) => [party, 'none'])));
    expect(node.find('a')).toBeUndefined();
    expect(node.isKnown('a')).toBe(true);
  }
});

test('a quorum holds more nodes than it takes to keep the next one from coming together', () => {
  for (const shape of SHAPES) {
    expect(blockersOf(shape), JSON.stringify(shape)).toBeLessThanOrEqual(quorumOf(shape));
  }
});
