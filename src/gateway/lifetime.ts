/** How a process of ours begins and ends: one line when it serves, and an orderly stop. */
import process from 'node:process';

/** The launcher reads this line. A process that serves no port says 0. */
export function announceReady(port: number): void {
  process.stdout.write(`${JSON.stringify({ ready: true, port })}\n`);
}

/**
 * Runs `stop` once and exits: at SIGTERM, at SIGINT, and where `withParent` says so, when standard
 * input closes because the parent is gone.
 */
export function stopOnSignal(withParent: boolean, stop: () => Promise<void>): void {
  let isStopping = false;
  const begin = (): void => {
    if (isStopping) return;
    isStopping = true;
    stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', begin);
  process.once('SIGINT', begin);
  if (!withParent) return;
  process.stdin.once('end', begin);
  process.stdin.once('close', begin);
  process.stdin.resume();
}
