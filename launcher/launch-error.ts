/**
 * Something outside the program keeps it from starting: a person reads `message`, which says what
 * is wrong and what to do. No stack is printed for it.
 */
export class LaunchError extends Error {
  override readonly name = 'LaunchError';
}
