// While letters go out, the page is asked for again every three seconds, only as long as somebody looks, and its
// numbers take the place of these. When the state has changed, it comes anew as a whole: with other buttons.
const EVERY = 3000;

async function numbersNow() {
  const answer = await fetch(location.href, { credentials: 'same-origin' });
  if (!answer.ok || answer.redirected) return null;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  return page.getElementById('progress');
}

async function refresh() {
  const shown = document.getElementById('progress');
  const fresh = document.hidden ? null : await numbersNow().catch(() => null);
  if (fresh && fresh.dataset.state !== shown.dataset.state) location.reload();
  else if (fresh) shown.replaceWith(fresh);
  setTimeout(refresh, EVERY);
}

setTimeout(refresh, EVERY);
