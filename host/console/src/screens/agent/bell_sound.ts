/** Two short notes; made here, so that no sound file is needed. At most one in five seconds. */
const PAUSE_MS = 5_000;

let context: AudioContext | undefined;
let last = 0;

/** Plays the bell. Browsers allow it only after the person did something in the page. */
export function ring(): void {
  if (Date.now() - last < PAUSE_MS) return;
  last = Date.now();
  context ??= new AudioContext();
  for (const [index, frequency] of [660, 880].entries()) {
    const start = context.currentTime + index * 0.16;
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(0.12, start + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.001, start + 0.15);
    tone.connect(volume).connect(context.destination);
    tone.start(start);
    tone.stop(start + 0.16);
  }
}
