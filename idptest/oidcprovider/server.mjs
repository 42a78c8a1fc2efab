// The npm package oidc-provider, on a free port of this machine.
//
// The first line of standard input is a JSON object: initial_token registers
// clients, audience and scopes are those of the API that tokens are for, clients
// are there from the beginning. It prints its issuer, and ends with its input.
//
// It signs everybody in as the one account that it has, without asking, and
// tells at /held which clients it has.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import http from 'node:http';
import { createInterface } from 'node:readline';
import Provider from 'oidc-provider';

const input = createInterface({ input: process.stdin });
const [line] = await new Promise((told) => { input.once('line', (...words) => told(words)); });
const wanted = JSON.parse(line);
input.once('close', () => process.exit(0));

// Everything that the server keeps, by model and id.
const kept = new Map();

class Store {
  constructor(model) {
    if (!kept.has(model)) kept.set(model, new Map());
    this.entries = kept.get(model);
  }

  async upsert(id, payload) { this.entries.set(id, payload); }

  async find(id) { return this.entries.get(id); }

  async findByUid(uid) { return [...this.entries.values()].find((entry) => entry.uid === uid); }

  async findByUserCode(code) { return [...this.entries.values()].find((entry) => entry.userCode === code); }

  async consume(id) { this.entries.get(id).consumed = Math.floor(Date.now() / 1000); }

  async destroy(id) { this.entries.delete(id); }

  async revokeByGrantId(grantId) {
    for (const [id, entry] of this.entries) if (entry.grantId === grantId) this.entries.delete(id);
  }
}

const account = {
  sub: 'dora', email: 'dora@dev.example', email_verified: true, name: 'Dora Dev', groups: ['pilots'],
};
const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
const server = http.createServer();
await new Promise((listening) => { server.listen(0, '127.0.0.1', listening); });
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  adapter: Store,
  clients: wanted.clients,
  jwks: { keys: [{ ...key, kid: 'key-1', alg: 'RS256', use: 'sig' }] },
  cookies: { keys: [randomBytes(32).toString('hex')] },
  scopes: ['openid', 'offline_access', ...wanted.scopes],
  claims: {
    openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'],
  },
  extraClientMetadata: { properties: ['software_id', 'software_version'] },
  pkce: { required: () => true },
  ttl: { ClientCredentials: 600 },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    registration: { enabled: true, initialAccessToken: wanted.initial_token },
    registrationManagement: { enabled: true, rotateRegistrationAccessToken: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: (ctx) => (ctx.oidc.params?.grant_type === 'client_credentials' ? wanted.audience : undefined),
      getResourceServerInfo: () => ({
        audience: wanted.audience, scope: wanted.scopes.join(' '), accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } },
      }),
    },
  },
  interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (ctx, id) => ({ accountId: id, claims: () => account }),
  async loadExistingGrant(ctx) {
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope('openid email profile groups');
    await grant.save();
    return grant;
  },
});

const answer = provider.callback();
server.on('request', (request, response) => {
  if (request.url.startsWith('/interaction/')) {
    provider.interactionFinished(request, response, { login: { accountId: account.sub } });
  } else if (request.url === '/held') {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify([...(kept.get('Client')?.values() ?? [])]));
  } else {
    answer(request, response);
  }
});
console.log(issuer);
