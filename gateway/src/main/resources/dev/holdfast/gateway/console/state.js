/**
 * What the page knows, in one place. Whoever changes it calls changed(); the page is drawn anew with
 * the next animation frame, however often that was.
 */
export const MAX_MESSAGES = 200;
export const MAX_POINTS = 900;

export const state = {
  /** connecting, live, lost, locked (no valid key) or refused (not an admin's key) */
  connection: { status: 'connecting', retryAt: 0, words: '' },
  hello: null,
  frame: null,
  /** When the frame came, by performance.now(). */
  frameAt: 0,
  /** The charts' points by upstream: [time, queued, retrying, eta, success, latency]. */
  history: new Map(),
  /** The converter's newest messages, newest first. */
  messages: [],
  rates: null,
  toasts: [],
  dialog: null,
};

let draw = () => {};
let asked = false;
const afterwards = [];

export function onChange(drawing) {
  draw = drawing;
}

export function changed() {
  if (!asked) {
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      draw();
      afterwards.splice(0).forEach((action) => action());
    });
  }
}

/** Does something once all that has changed by now is drawn: what it is done to is there then. */
export function afterDrawing(action) {
  afterwards.push(action);
  changed();
}

/** Says something in passing. */
export function toast(words, kind = 'info') {
  const one = { words, kind };
  state.toasts = [...state.toasts.slice(-2), one];
  changed();
  setTimeout(() => {
    state.toasts = state.toasts.filter((other) => other !== one);
    changed();
  }, kind === 'bad' ? 8000 : 4000);
}

/** The upstream's figures as the last frame told them. */
export function upstream(name) {
  return state.frame?.upstreams.find((one) => one.name === name);
}
