/** The stream that keeps the page live, and what to do when it ends. */
import { events, keep } from './api.js';
import { state, changed, MAX_MESSAGES, MAX_POINTS } from './state.js';

/** Without an event for so long, the connection counts as lost. */
const SILENCE_MS = 4000;
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 5000;

const MAX_SKEW_CHANGE_MS = 3000;
/** What the clocks may drift apart between two frames. */
const DRIFT_MS = 0.2;

let offset = null;
let abort = null;
let lastEvent = 0;
let pause = FIRST_PAUSE_MS;
let retry = 0;

export function start() {
  setInterval(watch, 500);
  connect();
}

/** Tries with another key, or with none. */
export function use(value) {
  keep(value);
  state.frame = null;
  connect();
}

/** Tries again at once. */
export function again() {
  connect();
}

export function lock(words = '') {
  stop();
  keep(null);
  state.frame = null;
  become('locked', words);
}

function stop() {
  clearTimeout(retry);
  abort?.abort();
  abort = null;
}

function become(status, words = '', retryAt = 0) {
  state.connection = { status, words, retryAt };
  changed();
}

async function connect() {
  stop();
  const mine = new AbortController();
  abort = mine;
  lastEvent = performance.now();
  become('connecting');
  let words = '';
  try {
    await events('/console/api/live', mine.signal, (name, data) => mine === abort && told(name, data));
  } catch (error) {
    if (mine !== abort) return;
    if (error.status === 403) {
      keep(null);
      become('refused', 'This key belongs to a client that is not an admin.');
      return;
    }
    words = error.status ? error.message : '';
  }
  if (mine === abort) lost(words);
}

function lost(words) {
  const wait = pause / 2 + (Math.random() * pause) / 2;
  pause = Math.min(MAX_PAUSE_MS, pause * 2);
  become('lost', words, performance.now() + wait);
  retry = setTimeout(connect, wait);
}

function watch() {
  const silent = performance.now() - lastEvent > SILENCE_MS;
  if (silent && abort && (state.connection.status === 'live' || state.connection.status === 'connecting')) {
    abort.abort();
    abort = null;
    lost('');
  } else if (state.connection.status === 'lost') {
    changed();
  }
}

function told(name, data) {
  lastEvent = performance.now();
  if (name === 'hello') {
    state.hello = data;
    state.history = new Map(Object.entries(data.history));
    state.messages = (data.messages ?? []).reverse();
    state.rates = data.rates ?? null;
  } else if (name === 'frame') {
    pause = FIRST_PAUSE_MS;
    frame(data);
  }
}

/**
 * Between the gateway's clock and ours, as the quickest of the frames tell it: one that was held up
 * on its way does not shake the picture.
 */
function skew(now) {
  const jumped = offset === null || Math.abs(now - offset) > MAX_SKEW_CHANGE_MS;
  offset = jumped ? now : Math.min(now, offset + DRIFT_MS);
  return offset;
}

function frame(data) {
  const at = Date.parse(data.at);
  state.frame = data;
  state.frameAt = at + skew(lastEvent - at);
  for (const one of data.upstreams) {
    const points = state.history.get(one.name) ?? [];
    if (!points.length || at - points.at(-1)[0] >= 1000) {
      points.push([at, one.queued, one.retrying, one.eta_ms ?? null, one.success_rate ?? null, one.latency_ms]);
      if (points.length > MAX_POINTS) points.shift();
    }
    state.history.set(one.name, points);
  }
  const newest = state.messages[0]?.number ?? 0;
  const fresh = (data.messages ?? []).filter((one) => one.number > newest).reverse();
  if (fresh.length) state.messages = [...fresh, ...state.messages].slice(0, MAX_MESSAGES);
  if (data.rates) state.rates = data.rates;
  become('live');
}
