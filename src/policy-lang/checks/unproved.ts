import type { Check } from './check.ts';

/** A `prove` block is a promise; until it is kept, the author hears that it is not. */
export const unproved: Check = ({ proves }, report) => {
  for (const { title, span } of proves) {
    const message = `"${title}" is not proved by this version.`;
    const hint = 'Write a test block for the case that matters most.';
    report.add('NOT_PROVED', span, message, hint);
  }
};
