/** Figures in words. */

export function duration(ms) {
  if (ms === undefined || ms === null || Number.isNaN(ms)) return '–';
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const s = ms / 1000;
  if (s < 10) return `${s.toFixed(1).replace('.0', '')} s`;
  if (s < 100) return `${Math.round(s)} s`;
  const min = s / 60;
  if (min < 60) return `${Math.floor(min)} min ${Math.round(s % 60)} s`;
  const h = min / 60;
  if (h < 48) return `${Math.floor(h)} h ${Math.round(min % 60)} min`;
  return `${Math.round(h / 24)} days`;
}

/** How long a request still takes, or, where that cannot be told, what it waits for. */
export function left(request) {
  return request.estimated_seconds === undefined
    ? (request.waiting_for ?? '–')
    : `≈ ${duration(request.estimated_seconds * 1000)} left`;
}

/** As duration(), to whole seconds: for what counts down. */
export function seconds(ms) {
  return ms < 100_000 ? `${Math.max(0, Math.ceil(ms / 1000))} s` : duration(ms);
}

export function count(n) {
  return n === undefined ? '–' : n.toLocaleString('en');
}

export function percent(share) {
  return share === undefined ? '–' : `${(share * 100).toFixed(share > 0.995 || share < 0.005 ? 0 : 1)} %`;
}

const TIME = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

/** A time of today, or a day and a time. */
export function moment(iso) {
  if (!iso) return '–';
  const at = new Date(iso);
  const today = new Date().toDateString() === at.toDateString();
  return today ? TIME.format(at) : `${DAY.format(at)} ${TIME.format(at).slice(0, 5)}`;
}

export function clock(iso) {
  return TIME.format(new Date(iso));
}

/** The first characters of an id that tell it from its neighbours. */
export function shortId(id) {
  return `${id.slice(0, 8)}…${id.slice(-6)}`;
}

/** A request's parameters in one line. */
export function params(request) {
  return Object.values(request.params ?? {})
    .map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
    .join(' · ');
}

const WORDS = {
  scheduled: 'scheduled',
  queued: 'queued',
  running: 'running',
  retrying: 'retrying',
  succeeded: 'succeeded',
  failed: 'failed',
  expired: 'expired',
  cancelled: 'cancelled',
};

export const STATUSES = Object.keys(WORDS);
/** Why requests fail. */
export const REASONS = ['rejected', 'max-attempts', 'give-up-after', 'uncertain', 'result-too-large', 'result-unreadable'];
export const DELIVERY_STATUSES = ['pending', 'delivered', 'ended', 'failed'];
/** Outcomes after which no other call is made, though there is no result. */
const REFUSED = new Set(['rejected', 'too_large', 'unreadable']);

/** How a call that is over is drawn. */
export function tone(outcome) {
  if (outcome === 'done') return 'ok';
  if (REFUSED.has(outcome)) return 'refused';
  return outcome === 'throttled' ? 'bad' : 'again';
}

const FINAL = new Set(['succeeded', 'failed', 'expired', 'cancelled']);

export function isFinal(status) {
  return FINAL.has(status);
}
