// Preparing a group event: when hosts or length change, the free times follow; everything else stays as typed.
const form = document.querySelector('form[data-free-times]');
const times = form.dataset.freeTimes;
let latest = 0;

async function renew() {
  const asked = ++latest;
  const data = new FormData(form);
  data.append('show', '');
  const answer = await fetch(form.action, { method: 'POST', body: data });
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const fresh = page.querySelector(times);
  if (fresh && asked === latest) form.querySelector(times).replaceWith(fresh);
}

form.addEventListener('change', (event) => {
  if (['hosts', 'minutes'].includes(event.target.name)) renew().catch(() => { replaced.hidden = false; });
});

// The button stays for those without script, and for when the network fails.
const replaced = form.querySelector('[data-replaced]');
replaced.hidden = true;
