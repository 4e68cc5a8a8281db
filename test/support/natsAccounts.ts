import { nkeys } from '@nats-io/transport-node';

type KeyPair = ReturnType<typeof nkeys.createUser>;

/** What a user may do: subjects. */
export interface Permissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/** An operator with one account that has JetStream: users of it log in with credentials instead of passwords. */
export class NatsAccounts {
  readonly #operator = nkeys.createOperator();
  readonly #system = nkeys.createAccount();
  readonly #account = nkeys.createAccount();

  /** Lines of the configuration of a server that trusts the operator. */
  get config(): string {
    const [operator, system, account] = [this.#operator, this.#system, this.#account];
    const unlimited = {
      subs: -1,
      data: -1,
      payload: -1,
      imports: -1,
      exports: -1,
      wildcards: true,
      conn: -1,
      leaf: -1,
    };
    const storage = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };
    const operatorJwt = jwt(operator, operator, { type: 'operator', system_account: system.getPublicKey() });
    const accountJwt = (pair: KeyPair, limits: object): string => jwt(operator, pair, { type: 'account', limits });
    return `
      operator: ${operatorJwt}
      system_account: ${system.getPublicKey()}
      resolver: MEMORY
      resolver_preload: {
        ${system.getPublicKey()}: ${accountJwt(system, unlimited)}
        ${account.getPublicKey()}: ${accountJwt(account, { ...unlimited, ...storage })}
      }`;
  }

  /** The file with the credentials of a user, as `nsc` writes it; without permissions everything is permitted. */
  credentials(permissions?: Permissions): string {
    const user = nkeys.createUser();
    const limits = { subs: -1, data: -1, payload: -1 };
    const allowed = permissions && { pub: { allow: permissions.publish }, sub: { allow: permissions.subscribe } };
    const seed = Buffer.from(user.getSeed()).toString();
    const token = jwt(this.#account, user, { type: 'user', ...limits, ...allowed });
    return `-----BEGIN NATS USER JWT-----
${token}
------END NATS USER JWT------

-----BEGIN USER NKEY SEED-----
${seed}
------END USER NKEY SEED------
`;
  }
}

function jwt(issuer: KeyPair, subject: KeyPair, nats: object): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const [iss, sub] = [issuer.getPublicKey(), subject.getPublicKey()];
  const claims = { jti: sub, iat: 1, iss, sub, name: 'rooms', nats: { version: 2, ...nats } };
  const text = `${encode({ typ: 'JWT', alg: 'ed25519-nkey' })}.${encode(claims)}`;
  return `${text}.${Buffer.from(issuer.sign(Buffer.from(text))).toString('base64url')}`;
}
