/** The GraphQL documents of the SDK. A test validates each against the schema. */

const USER = 'id name email';
const VIEWER = `user { ${USER} } organization { id name } roles { name title } permissions sessionId`;
const SESSION = `sessionToken expiresAt viewer { ${VIEWER} }`;
const CREDENTIAL = 'id credentialId suspended revoked createdAt lastUsedAt';
const ORGANIZATION = 'id name frozen';
const INVITATION = 'inviteToken inviteLink expiresAt';
const WAITING = 'waiting { code message since }';
const KEY = `id name scheme state provenance publicKey task ${WAITING} failure { code message }
  createdAt refreshedAt`;
const WALLET = `id name state address path frozen tags network { id } ${WAITING}`;
/** For who has the keys of the nodes. */
const ATTESTED_WALLET = `${WALLET} key @include(if: $proof) { id }
  attestations @include(if: $proof) { statement signature }`;
const REQUIREMENT = 'quorums { group count } excludeInitiator expiresAfterSeconds';
const DECISION = `outcome reasons { code rule message } requirements { ${REQUIREMENT} }
  rules { id title outcome effect sentence } policyVersion policyHash decidedAt`;
const TRANSACTION = `hash maxFee blockNumber feePaid
  versions { state hash maxFee refusal { code message } createdAt signedAt }`;
const TRANSFER = `id externalId kind state version amount unlimited display to memo maxFee asset { id }
  wallet { id name } initiator { ${USER} } intent intentHash decision { ${DECISION} }
  approvals { id state } transaction { ${TRANSACTION} } ${WAITING}
  reason { code message } createdAt updatedAt`;
const BUNDLE = 'id version title hash publishedAt';
const CHANGE_ASKED = `id operation subject requestedBy { ${USER} } statement hash createdAt expiresAt`;
const CHANGE = `${CHANGE_ASKED} state reason { code message } sequence appliedAt effectiveAt
  policyBundle { ${BUNDLE} } approval { id state requirement { ${REQUIREMENT} } eligible { ${USER} } }`;
const PROOF =
  'proof @include(if: $proof) { sequence previous entry links receipts { statement signature } }';
const APPROVAL = `id state change { ${CHANGE_ASKED} } transfer { id kind unlimited display to memo initiator { ${USER} } decision { ${DECISION} } }
  intent intentHash policyHash requirement { ${REQUIREMENT} }
  decisions { approver { ${USER} } decision reason createdAt } viewerMayDecide expiresAt`;
const OFFER = 'challengeId serverNonce options';
const PAGE = 'pageInfo { hasNextPage endCursor }';

const signed = (name: string, input: string, result: string): string =>
  `mutation ($input: ${input}!, $userAction: UserActionInput!) {
    ${name}(input: $input, userAction: $userAction) { ${result} }
  }`;

const plain = (name: string, input: string, result: string): string =>
  `mutation ($input: ${input}!) { ${name}(input: $input) { ${result} } }`;

export const DOCUMENTS = {
  createOrganization: plain(
    'createOrganization',
    'CreateOrganizationInput',
    `organization { id name } ${INVITATION}`,
  ),
  beginRegistration: plain('beginRegistration', 'BeginRegistrationInput', `${OFFER} enrolment`),
  completeRegistration: plain('completeRegistration', 'CompleteRegistrationInput', SESSION),
  beginLogin: plain('beginLogin', 'BeginLoginInput', OFFER),
  completeLogin: plain('completeLogin', 'CompleteLoginInput', SESSION),
  logout: 'mutation { logout { sessionId } }',
  beginUserAction: plain('beginUserAction', 'BeginUserActionInput', 'challengeId intent options'),
  inviteUser: signed(
    'inviteUser',
    'InviteUserInput',
    `user { ${USER} } change { ${CHANGE} } ${INVITATION}`,
  ),
  createServiceAccount: signed(
    'createServiceAccount',
    'CreateServiceAccountInput',
    `user { ${USER} } change { ${CHANGE} }`,
  ),
  deactivateUser: signed(
    'deactivateUser',
    'DeactivateUserInput',
    `user { ${USER} status } change { ${CHANGE} }`,
  ),
  changeRoles: signed('changeRoles', 'ChangeRolesInput', `user { ${USER} } change { ${CHANGE} }`),
  recoverUser: signed(
    'recoverUser',
    'RecoverUserInput',
    `user { ${USER} } change { ${CHANGE} } ${INVITATION}`,
  ),
  beginAddCredential: `mutation { beginAddCredential { ${OFFER} } }`,
  addCredential: signed(
    'addCredential',
    'AddCredentialInput',
    `credential { ${CREDENTIAL} } change { ${CHANGE} }`,
  ),
  revokeCredential: signed('revokeCredential', 'RevokeCredentialInput', `change { ${CHANGE} }`),
  setAddressList: signed('setAddressList', 'SetAddressListInput', `change { ${CHANGE} }`),
  registerAsset: signed('registerAsset', 'RegisterAssetInput', `change { ${CHANGE} }`),
  retireAsset: signed('retireAsset', 'RetireAssetInput', `change { ${CHANGE} }`),
  setGroup: signed('setGroup', 'SetGroupInput', `change { ${CHANGE} }`),
  updateWallet: signed(
    'updateWallet',
    'UpdateWalletInput',
    `wallet { ${WALLET} } change { ${CHANGE} }`,
  ),
  freezeWallet: signed(
    'freezeWallet',
    'FreezeWalletInput',
    `wallet { ${WALLET} } change { ${CHANGE} }`,
  ),
  unfreezeWallet: signed(
    'unfreezeWallet',
    'UnfreezeWalletInput',
    `wallet { ${WALLET} } change { ${CHANGE} }`,
  ),
  freezeOrganization: signed(
    'freezeOrganization',
    'FreezeOrganizationInput',
    `organization { ${ORGANIZATION} } change { ${CHANGE} }`,
  ),
  unfreezeOrganization: signed(
    'unfreezeOrganization',
    'UnfreezeOrganizationInput',
    `organization { ${ORGANIZATION} } change { ${CHANGE} }`,
  ),
  readmitNode: signed('readmitNode', 'ReadmitNodeInput', `change { ${CHANGE} }`),
  restoreNode: signed('restoreNode', 'RestoreNodeInput', `change { ${CHANGE} }`),
  unlockKey: signed('unlockKey', 'UnlockKeyInput', `key { ${KEY} } change { ${CHANGE} }`),
  withdrawChange: plain('withdrawChange', 'WithdrawChangeInput', `change { ${CHANGE} }`),
  createWallet: signed('createWallet', 'CreateWalletInput', `wallet { ${WALLET} }`),
  createKey: signed('createKey', 'CreateKeyInput', `key { ${KEY} }`),
  refreshKey: signed('refreshKey', 'RefreshKeyInput', `key { ${KEY} }`),
  reshareKey: signed('reshareKey', 'ReshareKeyInput', `key { ${KEY} }`),
  importKey: signed('importKey', 'ImportKeyInput', `key { ${KEY} }`),
  exportKey: signed('exportKey', 'ExportKeyInput', `key { ${KEY} }`),
  createTransfer: signed('createTransfer', 'CreateTransferInput', `transfer { ${TRANSFER} }`),
  createAllowance: signed('createAllowance', 'CreateAllowanceInput', `transfer { ${TRANSFER} }`),
  cancelTransfer: plain('cancelTransfer', 'CancelTransferInput', `transfer { ${TRANSFER} }`),
  speedUpTransfer: plain('speedUpTransfer', 'SpeedUpTransferInput', `transfer { ${TRANSFER} }`),
  decideApproval: signed('decideApproval', 'DecideApprovalInput', `approval { ${APPROVAL} }`),
  publishPolicy: signed('publishPolicy', 'PublishPolicyInput', `changeRequest { ${CHANGE} }`),
  localWallet: 'query ($id: ID!) { localWallet(id: $id) { id network address } }',
  viewer: `{ viewer { ${VIEWER} } }`,
  networks: '{ networks { id name family chainId connected local alarm { message since } } }',
  assets: `query ($network: String, $search: String, $first: Int, $after: String) {
    assets(network: $network, search: $search, first: $first, after: $after) {
      edges { node { id symbol name decimals contract retired } } ${PAGE}
    }
  }`,
  keys: `query ($first: Int, $after: String) {
    keys(first: $first, after: $after) { edges { node { ${KEY} } } ${PAGE} }
  }`,
  key: `query ($id: ID!) { key(id: $id) { ${KEY} } }`,
  exportedShares: 'query ($id: ID!) { key(id: $id) { exportedShares } }',
  extendedKey: 'query ($id: ID!, $path: String!) { key(id: $id) { xpub(path: $path) } }',
  keyWallets: `query ($id: ID!, $first: Int, $after: String, $proof: Boolean!) {
    key(id: $id) { wallets(first: $first, after: $after) { edges { node { ${ATTESTED_WALLET} } } ${PAGE} } }
  }`,
  credentials: `{ viewer { credentials { ${CREDENTIAL} } } }`,
  addressLists: '{ addressLists { name version entries { label network address } } }',
  groups: `{ groups { name version members { email user { ${USER} } } } }`,
  latestEventCursor: '{ latestEventCursor }',
  signers: '{ signers { party address healthy detail } }',
  users: `query ($first: Int, $after: String) {
    users(first: $first, after: $after) { edges { node { ${USER} } } ${PAGE} }
  }`,
  wallets: `query ($first: Int, $after: String, $proof: Boolean!) {
    wallets(first: $first, after: $after) { edges { node { ${ATTESTED_WALLET} } } ${PAGE} }
  }`,
  wallet: `query ($id: ID!, $proof: Boolean!) { wallet(id: $id) { ${ATTESTED_WALLET} } }`,
  balances: `query ($id: ID!) {
    wallet(id: $id) { balances { asset { id } amount display } }
  }`,
  transfers: `query ($filter: TransferFilter, $first: Int, $after: String) {
    transfers(filter: $filter, first: $first, after: $after) {
      edges { node { ${TRANSFER} } } ${PAGE}
    }
  }`,
  transfer: `query ($id: ID!) { transfer(id: $id) { ${TRANSFER} } }`,
  decisions: `query ($id: ID!) { transfer(id: $id) {
    decisions { id decidedAt policyVersion policyHash digest snapshot trace }
  } }`,
  policyBundle: `query ($version: Int!) {
    policyBundle(version: $version) { version hash files { path content } }
  }`,
  simulateTransfer: `query ($input: SimulateTransferInput!, $draftPolicy: [PolicyFileInput!]) {
    simulateTransfer(input: $input, draftPolicy: $draftPolicy) { ${DECISION} }
  }`,
  approvals: `query ($state: ApprovalState, $first: Int, $after: String) {
    approvals(state: $state, first: $first, after: $after) {
      edges { node { ${APPROVAL} } } ${PAGE}
    }
  }`,
  approval: `query ($id: ID!) { approval(id: $id) { ${APPROVAL} } }`,
  change: `query ($id: ID!, $proof: Boolean!) {
    change(id: $id) { ${CHANGE} ${PROOF} }
  }`,
  changes: `query (
    $state: ChangeState, $subject: ID, $first: Int, $after: String, $proof: Boolean!
  ) {
    changes(state: $state, subject: $subject, first: $first, after: $after) {
      edges { node { ${CHANGE} ${PROOF} } } ${PAGE}
    }
  }`,
  policyBundles: `query ($first: Int, $after: String) {
    policyBundles(first: $first, after: $after) { edges { node { ${BUNDLE} } } ${PAGE} }
  }`,
  auditExport: `query ($after: Int!) { auditExport(after: $after) { lines next } }`,
  auditProof: `query ($id: ID!) { auditProof(id: $id) { checkpoint entries } }`,
  auditEvents: `query ($filter: AuditEventFilter, $first: Int, $after: String) {
    auditEvents(filter: $filter, first: $first, after: $after) {
      edges { node { id sequence at action actor { ${USER} } subject details } } ${PAGE}
    }
  }`,
  transferUpdated: `subscription ($id: ID!) { transferUpdated(id: $id) { ${TRANSFER} } }`,
  approvalRequested: `subscription { approvalRequested { ${APPROVAL} } }`,
  events: `subscription ($after: String, $types: [EventType!], $walletId: ID) {
    events(after: $after, types: $types, walletId: $walletId) { cursor type at subject payload }
  }`,
} as const;

export type DocumentName = keyof typeof DOCUMENTS;
