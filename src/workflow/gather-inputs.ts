/**
 * What a policy must be told from outside: prices and screening. Both are asked for before any lock is
 * taken, because their sources may be slow, and only where a policy reads them.
 */
import { PlatformError } from '#core/errors.ts';
import type { AssetId } from '#core/money.ts';
import { fieldsReadBy } from '#policy-lang/checking/used-fields.ts';
import type { Quote } from '#policy-lang/snapshot.ts';
import type { PolicyInForce } from './policy-in-force.ts';
import { providerFailure, type ScreeningAnswer, type ScreeningRequest } from './screening.ts';
import type { Services } from './services.ts';

/** What is known of an asset's price; `cause` says why nothing is. */
export type Prices = { readonly quotes: readonly Quote[]; readonly cause?: string };

export type Inputs = {
  readonly prices: Prices;
  /** Absent where no policy was known to read it. */
  readonly screening?: ScreeningAnswer;
};

/** A request as both sources know it. */
export type InputRequest = ScreeningRequest;

/** Never throws for a source that does not answer: the policy fails closed where it needs one. */
export async function gatherInputs(
  services: Services,
  policies: readonly PolicyInForce[],
  request: InputRequest,
): Promise<Inputs> {
  const [prices, screening] = await Promise.all([
    gatherPrices(services, request.asset),
    policies.some(readsScreening) ? screen(services, request) : undefined,
  ]);
  return { prices, ...(screening === undefined ? {} : { screening }) };
}

/**
 * The same for a request that is evaluated again, and cannot wait for its screening once more.
 * @throws SCREENING_UNAVAILABLE while the provider is still at it
 */
export async function gatherFinalInputs(
  services: Services,
  policies: readonly PolicyInForce[],
  request: InputRequest,
): Promise<Inputs> {
  const inputs = await gatherInputs(services, policies, request);
  if (inputs.screening?.status !== 'pending') return inputs;
  throw new PlatformError('SCREENING_UNAVAILABLE', { reason: 'the provider is still at it' });
}

/** Whether a rule reads a field that only screening knows. */
export const readsScreening = ({ compiled }: PolicyInForce): boolean =>
  compiled !== undefined &&
  [...fieldsReadBy(compiled)].some((path) => path.startsWith('screening.'));

async function screen(services: Services, request: InputRequest): Promise<ScreeningAnswer> {
  if (services.screening === undefined) {
    return providerFailure('no screening provider is set up here');
  }
  const answer = await services.screening.screen(request);
  if (answer.status === 'failed')
    services.log.warn({ request: request.reference, answer }, 'no screening');
  return answer;
}

async function gatherPrices(services: Services, asset: AssetId): Promise<Prices> {
  try {
    return { quotes: await services.prices.quotes(asset) };
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
    services.log.warn({ error, asset }, 'no price');
    return { quotes: [], cause: error.message };
  }
}
