// The test of camera, microphone, sound, link and program. Pictures and sound stay on this device; what the
// staff's form sends are numbers.
const SECOND = 1000;
const LINK_TRIES = 12;
const LINK_TIMEOUT = 4 * SECOND;
const LEVEL_FLOOR = -100;

const root = document.getElementById('check');
const measured = {};
const asks = (item) => Boolean(root.querySelector(`[data-item="${item}"]`));

/** Writes what was found, with a badge; `facts` fill the sentence's {placeholders}. */
function report(item, look, facts = {}) {
  const line = root.querySelector(`[data-item="${item}"]`);
  if (!line) return;
  const fill = (text) => text.replace(/\{(\w+)\}/g, (_, name) => facts[name] ?? '');
  const value = line.querySelector('[data-value]');
  if (value && value.dataset.value && Object.keys(facts).length) value.textContent = fill(value.dataset.value);
  for (const badge of line.querySelectorAll('[data-look]')) badge.hidden = badge.dataset.look !== look;
  for (const advice of line.querySelectorAll('[data-advice]')) advice.hidden = advice.dataset.advice !== look;
  const byHand = line.querySelector('[data-by-hand]');
  if (byHand) byHand.hidden = look !== 'unknown';
  const field = document.getElementById('measured');
  if (field) field.value = JSON.stringify(measured);
}

function frameRate(track) {
  const rate = track.getSettings().frameRate;
  return rate ? Math.round(rate) : null;
}

async function testCamera() {
  const preview = root.querySelector('video');
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 }, height: { ideal: 720 } } });
    const track = stream.getVideoTracks()[0];
    preview.srcObject = stream;
    await preview.play();
    preview.hidden = false;
    preview.nextElementSibling?.setAttribute('hidden', '');
    const { width, height } = track.getSettings();
    const frames = frameRate(track);
    measured.camera = { width: width || preview.videoWidth, height: height || preview.videoHeight, frames_per_second: frames, error: '' };
    const small = Math.min(measured.camera.width, measured.camera.height) < Number(root.dataset.shortSide)
      || Math.max(measured.camera.width, measured.camera.height) < Number(root.dataset.longSide);
    const slow = frames !== null && frames < Number(root.dataset.frames);
    report('camera', small || slow ? 'weak' : 'works', { width: measured.camera.width, height: measured.camera.height, frames: frames ?? '–' });
  } catch (error) {
    measured.camera = { width: 0, height: 0, frames_per_second: null, error: error.name };
    report('camera', error.name === 'NotAllowedError' ? 'blocked' : 'fails');
  }
}

/** Listens until somebody has spoken loudly enough; the bar moves all the while. */
async function testMicrophone() {
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const bar = root.querySelector('.level .fill');
    const least = Number(root.dataset.level);
    let loudest = LEVEL_FLOOR;
    report('microphone', 'listening');
    setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
      const level = Math.max(LEVEL_FLOOR, 10 * Math.log10(power || 1e-10));
      bar?.setAttribute('width', String(Math.round(Math.max(0, level - LEVEL_FLOOR))));
      if (level <= loudest) return;
      loudest = level;
      measured.microphone = { level: Math.round(loudest), error: '' };
      report('microphone', loudest >= least ? 'works' : 'listening', { level: Math.round(loudest) });
    }, 100);
  } catch (error) {
    measured.microphone = { level: null, error: error.name };
    report('microphone', error.name === 'NotAllowedError' ? 'blocked' : 'fails');
  }
}

async function roundTrip(address) {
  const began = performance.now();
  await fetch(`${address}?${Math.random()}`, { mode: 'no-cors', cache: 'no-store', signal: AbortSignal.timeout(LINK_TIMEOUT) });
  return performance.now() - began;
}

async function testLink() {
  report('link', 'listening');
  const times = [];
  let failed = 0;
  await roundTrip(root.dataset.server).catch(() => {}); // the first also opens the connection
  for (let attempt = 0; attempt < LINK_TRIES; attempt += 1) {
    try {
      times.push(await roundTrip(root.dataset.server));
    } catch {
      failed += 1;
    }
  }
  times.sort((one, other) => one - other);
  const median = times.length ? times[Math.floor(times.length / 2)] : null;
  measured.round_trip = median === null ? null : Math.round(median);
  measured.failed_share = failed / LINK_TRIES;
  report('link', linkLook(median, measured.failed_share), {
    milliseconds: measured.round_trip ?? '–',
    lost: Math.round(measured.failed_share * 100),
  });
}

function linkLook(median, failedShare) {
  const { tripGood, tripWeak, lossGood, lossWeak } = root.dataset;
  if (median === null || failedShare > Number(lossWeak) || median > Number(tripWeak)) return 'fails';
  return median <= Number(tripGood) && failedShare <= Number(lossGood) ? 'works' : 'weak';
}

function browserName() {
  const brands = navigator.userAgentData?.brands?.filter(({ brand }) => !/not.?a.?brand/i.test(brand)) ?? [];
  const known = brands.find(({ brand }) => brand !== 'Chromium') ?? brands[0];
  if (known) return `${known.brand} ${known.version}`;
  const found = /(Firefox|Edg|Chrome|Version)\/(\d+)/.exec(navigator.userAgent);
  return found ? `${found[1].replace('Version', 'Safari').replace('Edg', 'Edge')} ${found[2]}` : '';
}

function testProgram() {
  const supported = 'RTCPeerConnection' in window && Boolean(navigator.mediaDevices?.getUserMedia);
  measured.program = { name: browserName(), supports_webrtc: supported };
  report('program', supported ? 'works' : 'fails', { name: measured.program.name });
}

/** Three short tones. */
function playSound() {
  const context = new AudioContext();
  for (const [number, pitch] of [523, 659, 784].entries()) {
    const tone = context.createOscillator();
    const volume = context.createGain();
    const begins = context.currentTime + number * 0.35;
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.0001, begins);
    volume.gain.exponentialRampToValueAtTime(0.3, begins + 0.03);
    volume.gain.exponentialRampToValueAtTime(0.0001, begins + 0.28);
    tone.connect(volume).connect(context.destination);
    tone.start(begins);
    tone.stop(begins + 0.3);
  }
}

function startDevices() {
  if (!navigator.mediaDevices?.getUserMedia) {
    for (const item of ['camera', 'microphone']) report(item, 'unknown');
    return;
  }
  if (asks('camera')) testCamera();
  if (asks('microphone')) testMicrophone();
}

for (const element of document.querySelectorAll('[data-scripted]')) element.hidden = false;
for (const element of document.querySelectorAll('[data-by-hand]')) element.hidden = true;
document.getElementById('play')?.addEventListener('click', playSound);
document.getElementById('again')?.addEventListener('click', testLink);
document.getElementById('start')?.addEventListener('click', (event) => {
  event.currentTarget.hidden = true;
  startDevices();
});
if (asks('program')) testProgram();
if (asks('link')) testLink();
if (!document.getElementById('start')) startDevices();
