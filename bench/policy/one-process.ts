/**
 * All measurements in one process: `one-process.ts '{"warmUp":20,"counted":60}'` prints its samples as
 * one line of JSON. The benchmark runs it several times, because one process may be compiled in a luckier
 * way than the next.
 */
import { type Contender, type Rounds, type Samples, interleave } from '#bench/measure.ts';
import { againstHand, againstPeers } from './contenders.ts';
import { historyOf } from './history.ts';
import { parsing } from './parsing.ts';
import { proving } from './proving.ts';

const SIZES = [10, 100, 1_000, 10_000] as const;
const PEER_RULES = 1_000;
const PARSED_RULES = 10_000;
const AGREEING = 40;
const TRANSFERS = 200_000;

/** Its contenders end with it: their rules and requests are no part of what is measured afterwards. */
async function measureDecisions(rounds: Rounds): Promise<Samples> {
  const contenders: Contender[] = [];
  for (const size of SIZES) contenders.push(...(await againstHand(size)));
  contenders.push(...(await againstPeers(PEER_RULES, AGREEING)));
  return interleave(contenders, rounds);
}

async function main(rounds: Rounds): Promise<void> {
  const decisions = await measureDecisions(rounds);
  // Parsers and solvers take a few rounds until they are compiled.
  const few = { warmUp: 4, counted: Math.max(5, Math.round(rounds.counted / 6)) };
  const parses = await interleave(parsing(PARSED_RULES), few);
  const backtests = await interleave([historyOf(PEER_RULES, TRANSFERS)], few);
  const proofs = await interleave([proving(PEER_RULES)], few);
  console.log(JSON.stringify({ ...decisions, ...parses, ...backtests, ...proofs }));
}

await main(JSON.parse(process.argv[2] ?? '{}') as Rounds);
