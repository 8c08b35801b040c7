/** The gateway and the worker: one port, and the same words about the other parts. */
import { type Child } from './child.ts';
import { isForServices } from './environment.ts';
import { LaunchError } from './launch-error.ts';
import { logFile, type Setting, STAGE } from './parts.ts';
import { isFree, portFrom } from './ports.ts';
import { programEnvironment, programPlan } from './programs.ts';

const DEFAULT_PORT = 4000;
const PORT_ATTEMPTS = 5;

/** What the gateway and the worker are told about the other parts. */
export type ServiceEnvironment = Readonly<Record<string, string>>;

export type Services = {
  /** The gateway's URL on this machine, without a path. */
  readonly url: string;
  /** Where people open it: `PUBLIC_ORIGIN`, or the same URL. */
  readonly origin: string;
  /** The one-time link of the first administrator, as long as it is unused. */
  readonly firstAdministratorLink: string | undefined;
  /** What the worker found amiss with the chains; a person must read it. */
  readonly alarms: readonly string[];
};

/**
 * Starts the gateway and the worker, on `PORT` or on the first free port from the default upwards.
 */
export async function startServices(setting: Setting, env: ServiceEnvironment): Promise<Services> {
  const fixed = await requiredPort(setting.env);
  const preferred =
    setting.env['PORT'] === '0' ? 0 : (setting.ports.get('gateway') ?? DEFAULT_PORT);
  for (let attempt = 1; ; attempt += 1) {
    const port = fixed ?? (await portFrom(preferred));
    setting.ports.set('gateway', port);
    try {
      const url = `http://localhost:${port}`;
      const origin = setting.env['PUBLIC_ORIGIN'] || url;
      const told = await startServicesOn(setting, { ...env, PUBLIC_ORIGIN: origin }, port);
      if (fixed === undefined && preferred !== 0 && port !== preferred) {
        setting.tell(`port ${preferred} is in use, so the platform serves on port ${port}`);
      }
      const link = told['firstAdminLink'];
      const firstAdministratorLink = typeof link === 'string' ? link : undefined;
      const alarms = Array.isArray(told['alarms']) ? told['alarms'].map(String) : [];
      return { url, origin, firstAdministratorLink, alarms };
    } catch (error) {
      // Between the look and the start somebody else may have taken the port.
      const lostRace = error instanceof LaunchError && !(await isFree(port));
      if (fixed !== undefined || !lostRace || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

/**
 * The port that `PORT` demands; undefined where any will do.
 * @throws LaunchError where it is no port, or somebody else has it
 */
export async function requiredPort(env: NodeJS.ProcessEnv): Promise<number | undefined> {
  const text = env['PORT'];
  if (text === undefined || text === '' || text === '0') return undefined;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) {
    throw new LaunchError(`PORT is "${text}"; write a number from 1 to 65535, or 0 for any port`);
  }
  if (await isFree(port)) return port;
  throw new LaunchError(`port ${port} (PORT) is in use; stop its user or choose another port`);
}

/** Only one process can listen there, and the worker is the one that signs. */
const rendezvous = ({ SIGNER_RENDEZVOUS: at }: NodeJS.ProcessEnv): ServiceEnvironment =>
  at ? { SIGNER_RENDEZVOUS: at } : {};

/**
 * Both or neither: where one fails the other is stopped, because it was told the same port.
 * @returns what both have told
 */
async function startServicesOn(
  setting: Setting,
  env: ServiceEnvironment,
  port: number,
): Promise<Child['told']> {
  const { supervisor } = setting;
  const services = [
    startService(setting, 'gateway', 'src/gateway/main.ts', { ...env, PORT: `${port}` }),
    startService(setting, 'worker', 'src/gateway/worker.ts', {
      ...env,
      ...rendezvous(setting.env),
      PORT: '0',
    }),
  ] as const;
  try {
    const [gateway, worker] = await Promise.all(services);
    return { ...gateway.told, ...worker.told };
  } catch (error) {
    await Promise.allSettled(services);
    const running = Object.keys(supervisor.identities());
    const halting = ['gateway', 'worker'].filter((name) => running.includes(name));
    await Promise.all(halting.map((name) => supervisor.halt(name)));
    throw error;
  }
}

async function startService(
  setting: Setting,
  name: string,
  entry: string,
  given: ServiceEnvironment,
): Promise<Child> {
  const handed = Object.entries(setting.env).filter(([key]) => isForServices(key));
  const env = programEnvironment(setting.env, { ...Object.fromEntries(handed), ...given });
  const plan = programPlan({ name, entry, env, logFile: logFile(setting, name) });
  return setting.supervisor.start({ name, stage: STAGE.services, plan: () => plan });
}
