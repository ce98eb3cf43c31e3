// The hour where the reader is, beside that of the centre. The server words every date, so the page is asked for
// once more with the reader's time zone, and the plate of the answer takes the place of the first.
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
const when = document.querySelector('#when');
const address = new URL(location);

if (own && own !== when.dataset.zone && !address.searchParams.has('zone') && !document.querySelector('.errors')) {
  address.searchParams.set('zone', own);
  const answer = await fetch(address);
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const there = page.querySelector('#when');
  if (answer.ok && there?.dataset.zone === own) {
    when.replaceWith(there);
    document.querySelector('select#zone')?.replaceWith(page.querySelector('select#zone'));
  }
}
