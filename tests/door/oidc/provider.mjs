// An OpenID provider on loopback. Whoever comes is signed in at once as the account that was set:
//   POST /control/account/ana    the next browser is ana
//   POST /control/rotate         sign with another key from now on
//   POST /control/late/7200      tokens are made by a clock so many seconds late
// Arguments: redirect URI, client secret, where signed-out browsers go, where it tells of them.
// Prints its port.
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const [redirect, secret, signedOut, farewells] = process.argv.slice(2);
const accounts = {
  ana: { email: 'ana@example.com', email_verified: true, groups: ['staff', 'legato-admins'] },
  bo: { email: 'bo@example.com', email_verified: true, groups: ['staff'] },
  cy: { email: 'cy@example.com', email_verified: false, groups: ['legato-admins'] },
  di: { email: 'di@elsewhere.example', email_verified: true, groups: ['legato-admins'] },
  eve: { email: 'eve@example.com', email_verified: true, groups: ['legato-readers'] },
};
let current = 'ana';
let keys = 0;
let late = 0;
let handle;

function signingKey() {
  keys += 1;
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid: `key-${keys}`, use: 'sig', alg: 'RS256' };
}

async function onLateClock(work) {
  const { now } = Date;
  Date.now = () => now() - late * 1000;
  try {
    await work();
  } finally {
    Date.now = now;
  }
}

function make(issuer) {
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'legato',
        client_secret: secret,
        redirect_uris: [redirect],
        post_logout_redirect_uris: [signedOut],
        backchannel_logout_uri: farewells,
        backchannel_logout_session_required: true,
      },
    ],
    // Its own refuses addresses of this machine, as it should anywhere but in a test.
    fetch: (url, options) => fetch(url, { ...options, dispatcher: undefined }),
    jwks: { keys: [signingKey()] },
    cookies: { keys: ['only a test'] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['groups'] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: true } },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...accounts[id] }) }),
    async loadExistingGrant(ctx) {
      const { client, session } = ctx.oidc;
      const grant = new ctx.oidc.provider.Grant({
        clientId: client.clientId,
        accountId: session.accountId,
      });
      grant.addOIDCScope('openid email profile');
      await grant.save();
      return grant;
    },
  });
  const serve = provider.callback();
  return async (request, response) => {
    if (request.url === '/token') return onLateClock(() => serve(request, response));
    if (!request.url.startsWith('/interaction/')) return serve(request, response);
    const result = { login: { accountId: current } };
    return provider.interactionFinished(request, response, result);
  };
}

const server = createServer(async (request, response) => {
  const [, control, what, value] = request.url.split('/');
  if (control !== 'control') return handle(request, response);
  if (what === 'account') current = value;
  if (what === 'late') late = Number(value);
  if (what === 'rotate') handle = make(`http://127.0.0.1:${server.address().port}`);
  return response.end('ok');
});

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  handle = make(`http://127.0.0.1:${port}`);
  console.log(`listening ${port}`);
});
