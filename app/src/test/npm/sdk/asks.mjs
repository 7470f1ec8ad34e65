// Asks an API by its vendor's own SDK: openai, anthropic, stripe and octokit. Prints what each got, a line each.
import Anthropic from '@anthropic-ai/sdk';
import { Octokit } from 'octokit';
import OpenAI from 'openai';
import Stripe from 'stripe';

const base = process.env.BASE;
const key = process.env.KEY;
// Who tries again is the gateway.
const patience = { apiKey: key, maxRetries: 0, timeout: 60_000 };
const say = (who, what) =>
  console.log(`${who} ${JSON.stringify(what, (_, v) => (typeof v === 'bigint' ? v.toString() : v))}`);

const openai = new OpenAI({ baseURL: `${base}/openai/v1`, ...patience });
const messages = [{ role: 'user', content: 'héllo' }];
say('openai', await openai.chat.completions.create({ model: 'm', messages }));
const raw = await openai.chat.completions.create({ model: 'm', messages }).asResponse();
say('openai-raw', [raw.status, raw.headers.get('content-type'), await raw.text()]);
let told = '';
for await (const part of await openai.chat.completions.create({ model: 'm', messages, stream: true })) {
  told += part.choices[0].delta.content;
}
say('openai-stream', told);
say('openai-refused', await openai.models.retrieve('missing').catch((e) => [e.status, e.message]));
const speech = await openai.audio.speech.create({ model: 'm', voice: 'alloy', input: 'x' });
say('openai-bytes', Buffer.from(await speech.arrayBuffer()).toString('hex'));

const anthropic = new Anthropic({ baseURL: `${base}/anthropic`, ...patience });
say('anthropic', await anthropic.messages.create({ model: 'm', max_tokens: 9, messages }));

// This one knows a host and a port and no base path: its own way to give it one is a client of HTTP.
const { host } = new URL(base);
const below = (url, init) => fetch(String(url).replace(`//${host}/`, `//${host}/stripe/`), init);
const { hostname, port } = new URL(base);
const stripe = new Stripe(key, {
  host: hostname,
  port,
  protocol: 'http',
  httpClient: Stripe.createFetchHttpClient(below),
  maxNetworkRetries: 0,
  telemetry: false,
});
say('stripe', await stripe.customers.create({ name: 'Ada', metadata: { a: '1' } }, { idempotencyKey: process.env.ORDER }));
say('stripe-gone', await stripe.customers.del('cus_1'));

const octokit = new Octokit({ baseUrl: `${base}/github`, auth: key, retry: { enabled: false }, throttle: { enabled: false } });
const put = await octokit.request('PUT /repos/{owner}/{repo}/topics', { owner: 'a', repo: 'b c', names: ['x'] });
say('octokit', [put.status, put.data]);
const none = await octokit.request('DELETE /repos/{owner}/{repo}', { owner: 'a', repo: 'b' });
say('octokit-nothing', [none.status, none.data ?? '']);
