// The OpenID provider of the npm package oidc-provider, on a free port of this
// machine. It signs everybody in as the one account that it has, without asking.
// Arguments: the directory node_modules, the redirect URI, the client secret.
import http from 'node:http';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [modules, redirectURI, secret] = process.argv.slice(2);
const { default: Provider } = await import(pathToFileURL(path.join(modules, 'oidc-provider', 'lib', 'index.js')));

const claims = {
  sub: 'dora', email: 'dora@dev.example', email_verified: true, name: 'Dora Dev', groups: ['pilots'],
};

const server = http.createServer();
await new Promise((listening) => { server.listen(0, '127.0.0.1', listening); });
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [{
    client_id: 'portal', client_secret: secret, redirect_uris: [redirectURI], grant_types: ['authorization_code'], response_types: ['code'],
  }],
  cookies: { keys: ['for this test alone'] },
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'] },
  pkce: { required: () => true },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (ctx, id) => ({ accountId: id, claims: () => claims }),
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
    provider.interactionFinished(request, response, { login: { accountId: claims.sub } });
    return;
  }
  answer(request, response);
});
console.log(issuer);
