// Learns of a change without a reload: asks for the version of the page, often near the start or while
// something is being decided, seldom otherwise, never while the tab is hidden. What somebody is typing stays:
// then a note says that there is news.
const SECOND = 1000;
const OFTEN = 5 * SECOND;
const SELDOM = 60 * SECOND;
const NEAR = 30 * 60 * SECOND;

const root = document.querySelector('[data-live]');
const ahead = Number(root.dataset.now) - Date.now();
const unfolded = new Set(document.querySelectorAll('details[open]')); // as the page came

function isChanged(field) {
  if (field.type === 'hidden') return false;
  if (field.type === 'checkbox' || field.type === 'radio') return field.checked !== field.defaultChecked;
  if (field.options) {
    return field.selectedIndex !== Math.max(0, [...field.options].findIndex((option) => option.defaultSelected));
  }
  return 'defaultValue' in field && field.value !== field.defaultValue;
}

function isInUse() {
  if (document.querySelector('form[data-sent]') || document.activeElement?.matches('input, textarea, select')) return true;
  if ([...document.querySelectorAll('details[open]')].some((one) => !unfolded.has(one))) return true;
  return [...document.querySelectorAll('input, textarea, select')].some(isChanged);
}

function isNear() {
  const now = Date.now() + ahead;
  return root.dataset.open === 'yes' || (root.dataset.starts || '').split(' ').some((at) => at && Math.abs(now - Number(at)) <= NEAR);
}

function show() {
  if (isInUse()) root.hidden = false;
  else location.reload();
}

/** True when the page is no longer what is so; a connection that fails says nothing. */
async function isStale() {
  try {
    const answer = await fetch(root.dataset.live, {
      headers: { 'If-None-Match': `"${root.dataset.version}"` },
      cache: 'no-store',
      redirect: 'manual',
    });
    return answer.status === 200 || answer.status === 404;
  } catch {
    return false;
  }
}

let waiting;

async function ask() {
  clearTimeout(waiting);
  if (document.hidden || !root.hidden) return;
  if (await isStale()) show();
  clearTimeout(waiting);
  if (!document.hidden && root.hidden) waiting = setTimeout(ask, isNear() ? OFTEN : SELDOM);
}

root.querySelector('a').addEventListener('click', (event) => {
  event.preventDefault();
  location.reload();
});
document.addEventListener('visibilitychange', ask);
waiting = setTimeout(ask, OFTEN);
