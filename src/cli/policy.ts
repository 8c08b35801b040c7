/** The commands of `countersign policy`, in the order in which `--help` lists them. */
import type { Command } from './command.ts';
import { policyBacktest } from './policy-backtest.ts';
import { policyBundle } from './policy-bundle.ts';
import { policyCheck } from './policy-check.ts';
import { policyDiff } from './policy-diff.ts';
import { policyDoc } from './policy-doc.ts';
import { policyExplain } from './policy-explain.ts';
import { policyFmt } from './policy-fmt.ts';
import { policyImportDfns } from './policy-import.ts';
import { policyImportTap } from './policy-import-tap.ts';
import { policyLsp } from './policy-lsp.ts';
import { policyMutate } from './policy-mutate.ts';
import { policyNew } from './policy-new.ts';
import { policyReplay } from './policy-replay.ts';
import { policyProve } from './policy-prove.ts';
import { policyTest } from './policy-test.ts';
import { policyWhyNot } from './policy-why-not.ts';

/** One line for each verb, which stands in its own file `policy-VERB.ts`. */
export const POLICY_COMMANDS: readonly Command[] = [
  policyNew,
  policyFmt,
  policyCheck,
  policyTest,
  policyExplain,
  policyWhyNot,
  policyBacktest,
  policyReplay,
  policyMutate,
  policyProve,
  policyDiff,
  policyDoc,
  policyBundle,
  policyImportDfns,
  policyImportTap,
  policyLsp,
];
