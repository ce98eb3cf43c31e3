// Asking for help: the reader's own time zone, and only those times that fit the chosen specialist and topic.
const form = document.querySelector('form');
const zone = form.elements.zone;
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (own && !document.querySelector('.errors')) {
  if (![...zone.options].some((option) => option.value === own)) zone.add(new Option(own.replace('_', ' '), own), 0);
  zone.value = own;
}

const chosen = (name) => form.querySelector(`input[name="${name}"]:checked`);

function fit() {
  const specialist = chosen('specialist')?.value;
  const able = chosen('topic')?.closest('[data-specialists]')?.dataset.specialists.split(' ').filter(Boolean) ?? [];
  const wanted = specialist && specialist !== 'any' ? [specialist] : able;
  for (const slot of form.querySelectorAll('.slot[data-specialists]')) {
    const free = slot.dataset.specialists.split(' ');
    slot.hidden = wanted.length > 0 && !wanted.some((id) => free.includes(id));
    if (slot.hidden && slot.firstElementChild.checked) {
      slot.firstElementChild.checked = false;
      form.querySelector('input[name="first"][value="any"]').checked ||= !chosen('first');
    }
  }
  for (const day of form.querySelectorAll('.day')) day.hidden = !day.querySelector('.slot:not([hidden])');
  const none = form.querySelector('[data-no-times]');
  if (none) none.hidden = Boolean(form.querySelector('#first .slot:not([hidden])'));
}

form.addEventListener('change', (event) => {
  if (['specialist', 'topic'].includes(event.target.name)) fit();
});
fit();
