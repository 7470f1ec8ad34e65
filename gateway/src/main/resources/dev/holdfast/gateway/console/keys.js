/** The keyboard: what each key does, and the list of it under ?. */
import { back, go, place } from './router.js';
import { state, changed } from './state.js';

export const SHORTCUTS = [
  ['1', 'Upstreams'],
  ['2', 'Requests'],
  ['3', 'Deliveries'],
  ['4', 'Converter'],
  ['5', 'Audit'],
  ['/', 'Search'],
  ['j  k', 'Next and previous row, or the arrows'],
  ['Enter', 'Open the row'],
  ['p', 'Pause or resume the upstream in focus, or the first'],
  ['u', 'Who uses the quota of the upstream in focus, or of the first'],
  ['o', 'The partitions of the upstream in focus, or of the first with any'],
  ['r', 'Redeliver the delivery of the row; retry the open request'],
  ['c', 'Cancel the open request'],
  ['a', 'Retry all that failed for the open request’s reason'],
  ['t', 'Light, dark or as the system'],
  ['Esc', 'Back, or close'],
  ['?', 'These keys'],
];

const VIEWS = { 1: 'upstreams', 2: 'requests', 3: 'deliveries', 4: 'converter', 5: 'audit' };
const actions = new Map();

/** Lets a view take a key while it is shown. */
export function bind(keys) {
  actions.clear();
  Object.entries(keys).forEach(([name, action]) => actions.set(name, action));
}

export function listen(theme) {
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (state.dialog) return;
    const typing = event.target.closest?.('input, select, textarea');
    if (typing) {
      if (event.key === 'Escape') event.target.blur();
      // What was searched for is in the list: the next key is meant for that.
      if (event.key === 'Enter' && typing.type === 'search') setTimeout(() => typing.blur());
      return;
    }
    const action = actions.get(event.key) ?? common(event.key, theme);
    if (action) {
      event.preventDefault();
      action(event);
    }
  });
}

function common(pressed, theme) {
  if (VIEWS[pressed]) return () => go(VIEWS[pressed]);
  switch (pressed) {
    case '/':
      return () => document.querySelector('.search input')?.focus();
    case 't':
      return theme;
    case '?':
      return () => {
        state.dialog = { kind: 'keys' };
        changed();
      };
    case 'Escape':
      return place().id ? () => back(place().view) : null;
    case 'j':
    case 'k':
      return () => {
        const list = document.querySelector('virtual-list');
        list?.focus();
        list?.step(pressed === 'j' ? 1 : -1);
      };
    default:
      return null;
  }
}
