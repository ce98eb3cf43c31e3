// What every page needs. The error summary takes focus, so that it is read first.
document.querySelector('[data-focus]')?.focus();

// A second tap on a button sends nothing twice; coming back to the page lets it go again.
document.addEventListener('submit', (event) => {
  if (event.target.dataset.sent) event.preventDefault();
  else event.target.dataset.sent = 'yes';
});
addEventListener('pageshow', () => document.querySelectorAll('[data-sent]').forEach((form) => delete form.dataset.sent));
