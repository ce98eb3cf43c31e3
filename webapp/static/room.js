// The video room on our page: loads the video server's script, keeps the time, says what goes wrong.
import { countDown, serverClock } from './countdown.js';
import { stayOf } from './here.js';

const SECOND = 1000;
const RETRY_AFTER = 10 * SECOND;
const SCRIPT_PATIENCE = 15 * SECOND;

const room = document.getElementById('video');
const timer = document.querySelector('[data-countdown]');
const show = (id, visible = true) => {
  const element = document.getElementById(id);
  if (element) element.hidden = !visible;
};
const stay = room?.dataset.here ? stayOf(room) : null;
let api = null;
let over = false; // or about to be left: what the room says then is no news

function leave() {
  stay?.end();
  if (!api) return;
  api.dispose();
  api = null;
}

function finish() {
  if (over) return;
  over = true;
  if (api && room.dataset.moderator) api.executeCommand('endConference');
  if (api) api.executeCommand('hangup');
  setTimeout(leave, SECOND);
  show('inside', false);
  show('ended');
  document.getElementById('ended')?.focus();
}

/** Left, thrown out or ended by somebody else: the server knows which, and says it in our words. */
function left() {
  if (over || !api) return;
  over = true;
  leave();
  location.assign(room.dataset.after);
}

function enter() {
  const { server, room: roomName, jwt, lang, name, voice, chat, muted } = room.dataset;
  room.replaceChildren();
  api = new window.JitsiMeetExternalAPI(server, {
    roomName,
    parentNode: room,
    jwt,
    lang,
    width: '100%',
    height: '100%',
    userInfo: { displayName: name },
    configOverwrite: {
      prejoinConfig: { enabled: false },
      startAudioOnly: Boolean(voice),
      startWithAudioMuted: Boolean(chat || muted),
      startWithVideoMuted: Boolean(voice || chat || muted),
      disableInitialGUM: Boolean(muted), // the browser asks for devices when somebody switches them on
      disableDeepLinking: true,
      notifyOnConferenceDestruction: false,
    },
  });
  api.addListener('readyToClose', left);
  api.addListener('videoConferenceLeft', left);
  api.addListener('videoConferenceJoined', () => {
    show('unreachable', false);
    stay?.begin();
  });
  api.addListener('errorOccurred', (details) => {
    const error = details.error || details;
    if (error.isFatal) show('refused');
  });
  for (const event of ['cameraError', 'micError']) api.addListener(event, () => show('blocked'));
  api.getIFrame()?.focus();
}

/** Loads the script of the video server; while it does not come, says so and tries again. */
function load() {
  if (over || api) return;
  const script = document.createElement('script');
  let settled = false;
  const failed = () => {
    if (settled) return;
    settled = true;
    script.remove();
    show('unreachable');
    setTimeout(load, RETRY_AFTER);
  };
  script.src = room.dataset.script;
  script.addEventListener('load', () => {
    if (settled) return;
    if (!window.JitsiMeetExternalAPI) return failed();
    settled = true;
    show('unreachable', false);
    enter();
  });
  script.addEventListener('error', failed);
  setTimeout(failed, SCRIPT_PATIENCE);
  document.head.append(script);
}

async function warnWhenBlocked() {
  if (room.dataset.muted) return;
  const devices = room.dataset.voice ? ['microphone'] : ['camera', 'microphone'];
  for (const name of devices) {
    try {
      const permission = await navigator.permissions.query({ name });
      if (permission.state === 'denied') show('blocked');
    } catch {
      // This browser does not tell; the room itself will.
    }
  }
}

const lines = (texts) => texts.map((words) => Object.assign(document.createElement('li'), { textContent: words }));

/** Who of a group is in the room: how many, and by which names. */
function showConnected(names) {
  document.getElementById('connected').replaceChildren(...lines(names));
  document.getElementById('connected-count').textContent = names.length;
}

/** The specialist's page asks what the family has said. */
function watch(address, every) {
  const list = document.getElementById('problems');
  const now = serverClock(timer);
  const ask = async () => {
    if (over) return;
    try {
      const answer = await fetch(address, { headers: { Accept: 'application/json' } });
      const { problems, connected } = await answer.json();
      if (connected) showConnected(connected);
      const said = [...list.children].map((item) => item.textContent);
      if (said.join() !== problems.join()) list.replaceChildren(...lines(problems));
      show('problem', problems.length > 0);
    } catch {
      // Away for a moment: the next question will tell.
    }
    if (now() < Number(timer.dataset.countdown)) setTimeout(ask, every);
  };
  ask();
}

document.getElementById('end')?.addEventListener('submit', async (event) => {
  event.preventDefault();
  const form = event.target;
  // First our word, then the video server's: whoever is thrown out finds the door closed.
  try {
    await fetch(form.action, { method: 'POST', body: new FormData(form), redirect: 'manual' });
  } catch {
    form.submit();
    return;
  }
  over = true;
  if (api) api.executeCommand('endConference');
  setTimeout(() => location.assign(form.dataset.next), SECOND);
});

document.getElementById('leave')?.addEventListener('click', () => {
  over = true;
  api?.executeCommand('hangup');
});

for (const link of room?.querySelectorAll('a[target]') ?? []) link.addEventListener('click', () => stay?.begin());
if (timer) countDown(timer, finish);
if (room?.dataset.script) {
  warnWhenBlocked();
  load();
}
if (room?.dataset.state) watch(room.dataset.state, 10 * SECOND);
