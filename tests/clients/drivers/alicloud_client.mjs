// @alicloud/dingtalk, the official SDK for Node: tokens through its models, the sends through its general `execute`
// (its newest release was made before the follow/message calls), errors.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const require = createRequire(`${process.env.CLIENT_FOLDER}/`);
const { default: OAuth, GetAccessTokenRequest, GetTokenRequest } = require('@alicloud/dingtalk/oauth2_1_0');
const { default: Exclusive } = require('@alicloud/dingtalk/exclusive_1_0');
const openapi = require('@alicloud/openapi-client');
const { RuntimeOptions } = require('@alicloud/tea-util');

const facts = JSON.parse(readFileSync(0, 'utf8'));
const address = new URL(process.env.FIXED_ADDRESS ? 'https://api.dingtalk.com' : facts.base);
const config = () => new openapi.Config({ protocol: address.protocol.slice(0, -1), endpoint: address.host });
const oauth = new OAuth(config());
const exclusive = new Exclusive(config());

const call = async (name, body, token) => {
  const headers = { 'x-acs-dingtalk-access-token': token };
  const request = new openapi.OpenApiRequest({ headers, body });
  const pathname = `/v1.0/exclusive/follow/message/${name}`;
  const params = new openapi.Params({
    action: name, version: 'exclusive_1.0', protocol: 'HTTP', pathname, method: 'POST',
    authType: 'AK', style: 'ROA', reqBodyType: 'none', bodyType: 'json',
  });
  return (await exclusive.execute(params, request, new RuntimeOptions({}))).body;
};

const failure = async (promise) => {
  try {
    return { type: '', answer: await promise };
  } catch (error) {
    return { type: error.name, code: error.code, message: error.message, data: error.data ?? null };
  }
};

const told = {};
const secret = new GetAccessTokenRequest({ appKey: facts.app_key, appSecret: facts.secret });
told.token = (await oauth.getAccessToken(secret)).body;
const corp = new GetTokenRequest({ clientId: facts.app_key, clientSecret: facts.secret, grantType: 'client_credentials' });
told.corp_token = (await oauth.getToken(facts.corp_id, corp)).body;
const token = told.token.accessToken;
const message = (uuid, text) => ({
  unionid: facts.unionid, is_to_all: false, msg_type: 'text', text_content: text, uuid, userid_list: ['u1', 'u2'],
});
told.sent = await call('send', message(`n1${facts.mark}`, `来自 Node${facts.mark}`), token);
told.same_uuid = await failure(call('send', message(`n1${facts.mark}`, '不会到达'), token));
told.wrong_token = await failure(call('send', message('n2', '不会到达'), '0123456789abcdef'));
told.forbidden = await failure(call('send', message('n3', '不会到达'), facts.suite_token));
told.wrong_secret = await failure(oauth.getAccessToken(new GetAccessTokenRequest({ appKey: facts.app_key, appSecret: 'wrong' })));
console.log(JSON.stringify(told));
