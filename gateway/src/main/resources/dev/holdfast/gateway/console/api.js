/**
 * The gateway's public API with the viewer's own key. The key is kept in this tab only and is sent
 * as Authorization, never in a URL.
 */
const KEY = 'holdfast.key';

/** Where the gateway is: above this file, whatever path a proxy has before it. */
const ROOT = new URL('..', import.meta.url).pathname.replace(/\/$/, '');

let locked = () => {};

export function onLocked(handler) {
  locked = handler;
}

export function key() {
  return sessionStorage.getItem(KEY);
}

export function keep(value) {
  if (value) {
    sessionStorage.setItem(KEY, value);
  } else {
    sessionStorage.removeItem(KEY);
  }
}

export function headers(more = {}) {
  const known = key();
  return known ? { ...more, Authorization: `Bearer ${known}` } : more;
}

/** What the gateway said in place of an answer (RFC 9457). */
export class Problem extends Error {
  constructor(status, problem) {
    const mistakes = problem?.errors?.map((one) => `${one.field} ${one.detail}`).join('; ');
    super(mistakes || problem?.detail || `The gateway answered ${status}.`);
    this.status = status;
  }
}

export async function problem(answer) {
  const body = await answer.json().catch(() => null);
  if (answer.status === 401) locked();
  return new Problem(answer.status, body);
}

async function ask(method, path, signal, body) {
  let answer;
  try {
    const more = body ? { headers: headers({ 'Content-Type': 'application/json' }), body: JSON.stringify(body) } : { headers: headers() };
    answer = await fetch(ROOT + path, { method, ...more, signal, cache: 'no-store' });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Error('The gateway cannot be reached.');
  }
  if (!answer.ok) throw await problem(answer);
  return answer;
}

async function call(method, path, signal, body) {
  const answer = await ask(method, path, signal, body);
  return answer.status === 204 ? null : answer.json();
}

export const get = (path, signal) => call('GET', path, signal);
export const post = (path, body) => call('POST', path, undefined, body);
/** Bytes as they came. */
export const bytes = async (path) => (await ask('GET', path)).blob();
export const remove = (path) => call('DELETE', path);

/** A path with the parameters that are set. */
export function query(path, parameters) {
  const set = Object.entries(parameters).filter(([, value]) => value);
  return set.length ? `${path}?${new URLSearchParams(set)}` : path;
}

/** Server-sent events over fetch, so that the key travels in a header; ends with the stream. */
export async function events(path, signal, tell) {
  const answer = await fetch(ROOT + path, { headers: headers(), signal, cache: 'no-store' });
  if (!answer.ok) throw await problem(answer);
  if (answer.status === 204) return;
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    let end = text.indexOf('\n\n');
    while (end >= 0) {
      tellOne(text.slice(0, end), tell);
      text = text.slice(end + 2);
      end = text.indexOf('\n\n');
    }
  }
}

function tellOne(block, tell) {
  let name = 'message';
  const data = [];
  for (const line of block.split('\n')) {
    if (line.startsWith('event: ')) name = line.slice(7);
    else if (line.startsWith('data: ')) data.push(line.slice(6));
  }
  if (data.length) tell(name, JSON.parse(data.join('\n')));
}
