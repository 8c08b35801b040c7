/**
 * A network of its own for one process: it can dial this host and nothing else, and nothing can dial
 * it. Made where this user may make one (root on Linux with iproute2).
 */
import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';

export type NetworkNamespace = {
  /** The command that runs another one inside. */
  readonly within: readonly string[];
  /** The address of this host, as seen from inside. */
  readonly host: string;
  remove(): void;
};

const ip = (...args: readonly string[]): void => {
  execFileSync('ip', args, { stdio: 'ignore' });
};

/** Undefined where this machine lets this user make none. */
export function networkNamespace(): NetworkNamespace | undefined {
  const name = `cs${randomInt(1e9)}`;
  // 198.18.0.0/15 is set aside for tests of networks (RFC 2544).
  const net = `198.${18 + randomInt(2)}.${randomInt(256)}`;
  const [outside, inside] = [`${name}o`, `${name}i`];
  try {
    ip('netns', 'add', name);
  } catch {
    return undefined;
  }
  try {
    ip('link', 'add', outside, 'type', 'veth', 'peer', 'name', inside);
    ip('link', 'set', inside, 'netns', name);
    ip('address', 'add', `${net}.1/30`, 'dev', outside);
    ip('link', 'set', outside, 'up');
    ip('-n', name, 'address', 'add', `${net}.2/30`, 'dev', inside);
    ip('-n', name, 'link', 'set', inside, 'up');
  } catch {
    ip('netns', 'delete', name);
    return undefined;
  }
  return {
    within: ['ip', 'netns', 'exec', name],
    host: `${net}.1`,
    // The pair of devices goes with it.
    remove: () => ip('netns', 'delete', name),
  };
}
