/** A second instance of the test token, at an address that nobody knows before. */
import { Interface, JsonRpcProvider } from 'ethers';
import artefact from '#contracts/TestUSDC.json' with { type: 'json' };

const TOKEN = new Interface(artefact.abi);

export type SecondToken = {
  /** In its checked spelling. */
  readonly contract: string;
  mint(to: string, units: bigint): Promise<void>;
  balanceOf(holder: string): Promise<bigint>;
  close(): void;
};

/** Deployed by the local chain's first account, which mints it too. */
export async function deploySecondToken(rpcUrl: string): Promise<SecondToken> {
  const provider = new JsonRpcProvider(rpcUrl, undefined, { pollingInterval: 20 });
  const signer = await provider.getSigner(0);
  const send = async (request: { readonly to?: string; readonly data: string }) => {
    const receipt = await (await signer.sendTransaction(request)).wait();
    if (receipt?.status !== 1) throw new Error('the local transaction failed');
    return receipt;
  };
  const { contractAddress: contract } = await send({ data: artefact.bytecode });
  if (contract === null) throw new Error('no contract was made');
  return {
    contract,
    mint: async (to, units) => {
      await send({ to: contract, data: TOKEN.encodeFunctionData('mint', [to, units]) });
    },
    balanceOf: async (holder) => {
      const data = TOKEN.encodeFunctionData('balanceOf', [holder]);
      const [units] = TOKEN.decodeFunctionResult(
        'balanceOf',
        await provider.call({ to: contract, data }),
      );
      return units as bigint;
    },
    close: () => provider.destroy(),
  };
}
