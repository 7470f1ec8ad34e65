/** Questions and lists that lie over the page; the browser keeps the focus inside. */
import { html, nothing } from '../lit/lit-html.js';
import { state, changed } from '../state.js';
import { SHORTCUTS } from '../keys.js';

export function close() {
  state.dialog = null;
  changed();
}

/** Asks before something that cannot be undone. */
export function confirm(title, words, yes, action) {
  state.dialog = { kind: 'confirm', title, words, yes, action };
  changed();
}

export function dialog() {
  const open = state.dialog;
  if (!open) return nothing;
  return html`<dialog class="over" aria-labelledby="dialog-title" @close=${close} @cancel=${close}
      @click=${(event) => event.target.localName === 'dialog' && event.target.close()}>
    <div class="inside">${open.kind === 'keys' ? keys() : question(open)}</div>
  </dialog>`;
}

/** A dialog that was just drawn is opened as the browser's modal one. */
export function opened() {
  const shown = document.querySelector('dialog.over');
  if (shown && !shown.open) shown.showModal();
}

function keys() {
  return html`<h2 id="dialog-title">Keys</h2>
    <dl class="keys">${SHORTCUTS.map(([name, does]) => html`
      <dt>${name.split('  ').map((one) => html`<kbd>${one}</kbd> `)}</dt><dd>${does}</dd>`)}</dl>
    <form method="dialog"><button autofocus>Close</button></form>`;
}

function question(open) {
  return html`<h2 id="dialog-title">${open.title}</h2><p>${open.words}</p>
    <form method="dialog">
      <button autofocus>No</button>
      <button class="bad" @click=${() => open.action()}>${open.yes}</button>
    </form>`;
}
