// What every page needs: the error summary takes focus, so that it is read first.
document.querySelector('[data-focus]')?.focus();
