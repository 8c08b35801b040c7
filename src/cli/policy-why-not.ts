/** `countersign policy why-not`: why one rule does not match a request. */
import { requestInWords } from '#policy-lang/explaining/field-words.ts';
import type { AtomTrace, RuleTrace } from '#policy-lang/decision.ts';
import { why } from '#policy-lang/explaining/trace.ts';
import { type Command, UsageError, readArguments } from './command.ts';
import { SUBJECT_DETAILS, nearest, readSubject } from './policy-subject.ts';
import { type Terminal, printable, styled } from './terminal.ts';

export const policyWhyNot: Command = {
  name: 'policy why-not',
  usage: 'RULE FILE|FOLDER (REQUEST.json | --test NAME) [--json]',
  about: 'say why a rule does not match a request',
  details: [
    'Shows each comparison of the rule with what it found. Ends with 1 where the rule does match.',
    ...SUBJECT_DETAILS,
    '  --json        print one JSON object instead',
    '',
    'Example: countersign policy why-not daily-limit rules --test "Alice pays 50,000 USDC to Vendor XYZ"',
  ],
  run: async (args, terminal) => {
    const { words, options, flags } = readArguments(args, {
      words: 3,
      options: ['test'],
      flags: ['json'],
    });
    const [rule, path, request] = words;
    if (rule === undefined || path === undefined) {
      throw new UsageError('Name a rule, then a policy file or the folder of a bundle.');
    }
    const subject = await readSubject(terminal, path, request, options.test);
    if (subject === undefined) return 1;
    const { policy, snapshot } = subject;
    const found = why(policy, snapshot, rule);
    if (found === undefined) {
      const ids = policy.program.rules.map(({ id }) => id);
      throw new UsageError(`There is no rule ${rule}. ${nearest(rule, ids)}`.trim());
    }
    if (flags.has('json')) terminal.out(JSON.stringify(found));
    else printAnswer(terminal, found, requestInWords(snapshot.activity));
    return found.outcome === 'matched' ? 1 : 0;
  },
};

const VERDICTS = {
  matched: 'matches',
  'not-matched': 'does not match',
  missing: 'cannot be decided for',
};
const MARKS: Readonly<Record<AtomTrace['truth'], readonly [string, 'green' | 'red' | 'yellow']>> = {
  true: ['yes', 'green'],
  false: ['no', 'red'],
  missing: ['?', 'yellow'],
};

function printAnswer(terminal: Terminal, rule: RuleTrace, request: string): void {
  const { id, title, outcome, sentence, atoms } = rule;
  const named = title === id ? '' : ` "${title}"`;
  const verdict = `The rule ${id}${named} ${VERDICTS[outcome]} the ${request}.`;
  terminal.out(styled(terminal, 'bold', printable(verdict)));
  terminal.out(printable(sentence));
  if (atoms.length < 2) return;
  terminal.out('');
  terminal.out('Each comparison of the rule:');
  for (const { truth, sentence: told } of atoms) {
    const [mark, color] = MARKS[truth];
    terminal.out(`  ${styled(terminal, color, mark.padEnd(4))}${printable(told)}`);
  }
}
