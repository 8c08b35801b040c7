/** Chooses the command that a line of words calls, and answers `--help`. */
import { isPlatformError } from '#core/errors.ts';
import { isCountersignError } from '#sdk/error.ts';
import { walletAllow } from './allowance.ts';
import { auditExport, auditProve, auditVerify } from './audit.ts';
import { changeList, changeShow } from './change.ts';
import { type Command, type Environment, type ExitCode, UsageError } from './command.ts';
import { organizationFreeze, walletFreeze } from './freeze.ts';
import { keyCreate, keyList, keyRefresh, keyShow, keyXpub } from './key.ts';
import { keyExport, keyImport, keyReshare } from './key-ceremony.ts';
import { localFund } from './local-fund.ts';
import { POLICY_COMMANDS } from './policy.ts';
import { registrySave } from './registry.ts';
import {
  serviceAccountCheck,
  serviceAccountKeygen,
  serviceAccountPublicKey,
} from './service-account.ts';
import {
  signerApprove,
  signerBackup,
  signerAccept,
  signerStand,
  signerReadmit,
  signerStatus,
  signerXpub,
} from './signer-node.ts';
import {
  signerAdopt,
  signerApply,
  signerAuthority,
  signerFreeze,
  signerThaw,
  signerTrust,
} from './signer-authority.ts';
import {
  signerCommitteeMake,
  signerCommitteeNext,
  signerCommitteeShow,
  signerInit,
  signerJoin,
  signerWorkers,
} from './signer-committee.ts';
import {
  signerCombine,
  signerDeal,
  signerRecipient,
  signerRestore,
  signerSeal,
} from './signer-offline.ts';
import { type Terminal, printable } from './terminal.ts';
import { transferSpeedUp } from './transfer.ts';
import { walletList, walletShow } from './wallet.ts';

const COMMANDS: readonly Command[] = [
  ...POLICY_COMMANDS,
  auditExport,
  auditProve,
  auditVerify,
  changeList,
  changeShow,
  localFund,
  organizationFreeze,
  walletAllow,
  walletFreeze,
  walletList,
  walletShow,
  transferSpeedUp,
  registrySave,
  keyCreate,
  keyList,
  keyShow,
  keyRefresh,
  keyReshare,
  keyImport,
  keyExport,
  keyXpub,
  serviceAccountKeygen,
  serviceAccountPublicKey,
  serviceAccountCheck,
  signerInit,
  signerWorkers,
  signerCommitteeMake,
  signerCommitteeNext,
  signerCommitteeShow,
  signerJoin,
  signerStatus,
  signerXpub,
  signerApprove,
  signerReadmit,
  signerAccept,
  signerStand,
  signerTrust,
  signerApply,
  signerFreeze,
  signerThaw,
  signerAuthority,
  signerAdopt,
  signerBackup,
  signerRestore,
  signerSeal,
  signerRecipient,
  signerDeal,
  signerCombine,
];

const isHelp = (word: string | undefined): boolean =>
  word === '--help' || word === '-h' || word === 'help';

/**
 * Bad calls and unreadable files are told on `err` with exit code 2, what the platform refused or
 * cannot do now with 1; bugs are thrown.
 */
export async function runCommandLine(
  words: readonly string[],
  terminal: Terminal,
  env: Environment = {},
): Promise<ExitCode> {
  const found = COMMANDS.find(({ name }) => startsWith(words, name.split(' ')));
  if (found === undefined) return answerWithoutCommand(words, terminal);
  const args = words.slice(found.name.split(' ').length);
  if (args.some(isHelp)) {
    terminal.out(helpFor(found));
    return 0;
  }
  try {
    return await found.run(args, terminal, env);
  } catch (error) {
    if (error instanceof UsageError) {
      terminal.err(printable(error.message));
      terminal.err(`Usage: countersign ${found.name} ${found.usage}`);
      return 2;
    }
    if (!isPlatformError(error) && !isCountersignError(error)) throw error;
    terminal.err(printable(`${error.code}: ${error.message}`));
    return OWN_FAULTS.has(error.code) ? 2 : 1;
  }
}

/** What the words of the call are to blame for; everything else may go well another time. */
const OWN_FAULTS: ReadonlySet<string> = new Set(['INVALID_INPUT', 'NOT_FOUND']);

const startsWith = (words: readonly string[], name: readonly string[]): boolean =>
  name.every((word, index) => words[index] === word);

function answerWithoutCommand(words: readonly string[], terminal: Terminal): ExitCode {
  const [first, ...rest] = words;
  const within = COMMANDS.filter(({ name }) => name.split(' ')[0] === first);
  if (first === undefined || isHelp(first)) {
    terminal.out(overview(COMMANDS));
    return first === undefined ? 2 : 0;
  }
  if (within.length > 0 && (rest.length === 0 || rest.some(isHelp))) {
    terminal.out(overview(within));
    return rest.length === 0 ? 2 : 0;
  }
  terminal.err(`There is no command "${printable(words.join(' '))}".`);
  terminal.err(overview(COMMANDS));
  return 2;
}

function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    'Usage: countersign COMMAND',
    '',
    ...commands.map(({ name, about }) => `  countersign ${name.padEnd(width)}   ${about}`),
    '',
    'countersign COMMAND --help tells what a command takes.',
    'Exit codes: 0 all well, 1 errors, failed tests or a refusal, 2 the call is wrong.',
  ].join('\n');
}

function helpFor({ name, usage, about, details }: Command): string {
  const sentence = `${about.charAt(0).toUpperCase()}${about.slice(1)}.`;
  return [`Usage: countersign ${name} ${usage}`, '', sentence, ...details].join('\n');
}
