/** Where in the console we are: #/requests?status=failed. Nothing secret is ever in there. */
const DEFAULT = '/upstreams';

export function place() {
  const [path, search] = (location.hash.slice(1) || DEFAULT).split('?');
  const [, view, id] = path.split('/');
  return { view, id: id ? decodeURIComponent(id) : '', query: Object.fromEntries(new URLSearchParams(search)) };
}

export function link(view, id = '', query = {}) {
  const set = Object.entries(query).filter(([, value]) => value);
  const search = set.length ? `?${new URLSearchParams(set)}` : '';
  return `#/${view}${id ? `/${encodeURIComponent(id)}` : ''}${search}`;
}

let steps = 0;
addEventListener('hashchange', () => steps++);

/** Back to where we were, or to the list where we came by a link. */
export function back(view) {
  if (steps > 0) {
    steps -= 2;
    history.back();
  } else {
    go(view);
  }
}

export function go(view, id, query) {
  location.hash = link(view, id, query);
}

/** Changes the filters without a new step back. */
export function refine(view, query) {
  history.replaceState(null, '', link(view, '', query));
  dispatchEvent(new HashChangeEvent('hashchange'));
}
