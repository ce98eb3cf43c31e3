// Tells Kenes that somebody of a group is in the room: attendance where the video server reports none.
const EVERY = 120_000;
const SPREAD = 30_000; // so that hundreds do not speak in the same second

/** One person's stay in the meeting that `element` stands for: `data-here`, `data-meeting`. */
export function stayOf(element) {
  const { here, meeting } = element.dataset;
  const token = document.querySelector('[name="csrf_token"]').value;
  let timer = null;

  const tell = (first = false) => {
    const words = new FormData();
    words.set('csrf_token', token);
    words.set('meeting', meeting);
    if (first) words.set('entering', '1');
    navigator.sendBeacon(here, words);
  };
  const again = () => {
    timer = setTimeout(() => {
      tell();
      again();
    }, EVERY + Math.random() * SPREAD);
  };
  const begin = () => {
    if (timer) return;
    tell(true);
    again();
  };
  const end = () => {
    if (!timer) return;
    clearTimeout(timer);
    timer = null;
    tell();
  };
  addEventListener('pagehide', end);
  return { begin, end };
}

// The broadcast opens in a tab of its own: whoever follows the link is there.
for (const link of document.querySelectorAll('a[data-here]')) link.addEventListener('click', stayOf(link).begin);
