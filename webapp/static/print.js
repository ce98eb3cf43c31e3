// A button that prints. Without scripts the browser's own menu does it, so the button is hidden then.
for (const button of document.querySelectorAll('[data-print]')) {
  button.hidden = false;
  button.addEventListener('click', () => window.print());
}
