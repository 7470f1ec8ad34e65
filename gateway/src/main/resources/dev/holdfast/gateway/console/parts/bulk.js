/** Does something to all that a filter chooses, once it was said how many that are. */
import { post } from '../api.js';
import { count } from '../format.js';
import { toast } from '../state.js';
import { confirm } from './dialogs.js';
import { attempt } from './pieces.js';

const ACTS = {
  retry: { title: 'Retry', words: 'They are queued anew, in the background.', yes: 'Retry them', done: 'They are being queued anew.' },
  cancel: { title: 'Cancel', words: 'They end as cancelled, and their webhooks are told so. That cannot be undone.', yes: 'Cancel them', done: 'They are being cancelled.' },
  redeliver: { title: 'Redeliver', words: 'They are delivered again, each with its webhook-id.', yes: 'Redeliver them', done: 'They are being delivered again.' },
};

/** which: which ones those are, in words that go on after how many; then: after it has begun. */
export async function all(act, filter, which, then = () => {}) {
  const { title, words, yes, done } = ACTS[act];
  const chosen = Object.fromEntries(Object.entries(filter).filter(([, value]) => value));
  try {
    const dry = await post('/v1/operations', { do: act, filter: chosen, dry_run: true });
    const many = `${count(dry.matched)}${dry.status === 'running' ? ' or more' : ''}`;
    if (dry.matched === 0 && dry.status !== 'running') {
      toast(`There is nothing to ${act}.`);
      return;
    }
    confirm(`${title} all ${many}?`, `${many} ${which}. ${words}`, yes, () =>
      attempt(done, () => post('/v1/operations', { do: act, filter: chosen })).then(then));
  } catch (error) {
    toast(error.message, 'bad');
  }
}
