// Counts down by the server's clock. The visible timer is silent; five minutes and one minute are said aloud
// in a separate status line. At zero the page opens by itself, or shows what stood ready in it.
const SECOND = 1000;

/** Milliseconds since the epoch by the server's clock: `data-now` is when the page was made. */
export function serverClock(element) {
  const ahead = Number(element.dataset.now) - Date.now();
  return () => Date.now() + ahead;
}

/** The time left in words, by the patterns of the page's language. */
export function left(seconds, words) {
  if (seconds < 60) return words.seconds.replace('{seconds}', seconds);
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return words.minutes.replace('{minutes}', minutes);
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return words.hours.replace('{hours}', hours).replace('{minutes}', minutes % 60);
  return words.days.replace('{days}', Math.floor(hours / 24)).replace('{hours}', hours % 24);
}

/** Keeps one timer going; `atZero` is called once. */
export function countDown(element, atZero) {
  const now = serverClock(element);
  const target = Number(element.dataset.countdown);
  const figure = element.querySelector('b');
  const announcer = document.getElementById(element.dataset.announcer);
  const said = new Set();

  const announce = (minute, seconds) => {
    const words = element.dataset[`announce${minute}`];
    if (!words || !announcer || said.has(minute) || seconds > minute * 60 || seconds <= 0) return;
    said.add(minute);
    announcer.textContent = words;
  };

  const tick = () => {
    const seconds = Math.max(0, Math.ceil((target - now()) / SECOND));
    figure.textContent = left(seconds, element.dataset);
    element.classList.toggle('count--soon', seconds <= Number(element.dataset.soon) && seconds > Number(element.dataset.loud));
    element.classList.toggle('count--now', seconds <= Number(element.dataset.loud));
    announce(5, seconds);
    announce(1, seconds);
    if (seconds > 0) setTimeout(tick, SECOND - (now() % SECOND));
    else atZero();
  };
  tick();
}

for (const element of document.querySelectorAll('[data-countdown][data-at-zero="reload"]')) {
  countDown(element, () => setTimeout(() => location.reload(), SECOND));
}

for (const element of document.querySelectorAll('[data-shows]:not([data-shows=""])')) {
  countDown(element, () => setTimeout(() => {
    element.hidden = true;
    document.getElementById(element.dataset.shows).hidden = false;
  }, SECOND));
}
