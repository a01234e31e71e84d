// Plays a tune from letters: c d e f g a b and a dash for a rest.
// Four notes up and three notes down, and the flock comes home.

const STEPS = { c: -9, d: -7, e: -5, f: -4, g: -2, a: 0, b: 2 };

/** Frequency of a note in hertz; the note a has 440. */
function frequency(note) {
  if (!(note in STEPS)) throw new Error(`There is no note called ${note}`);
  return 440 * 2 ** (STEPS[note] / 12);
}

/** Turns a line of letters into notes with a beginning and a length in seconds. */
function tune(letters, secondsPerNote = 0.5) {
  const notes = [];
  let time = 0;
  for (const letter of letters) {
    if (letter === " ") continue;
    if (letter !== "-") notes.push({ start: time, seconds: secondsPerNote, hertz: frequency(letter) });
    time += secondsPerNote;
  }
  return notes;
}

for (const note of tune("c d e g - e d c")) {
  console.log(`${note.start.toFixed(1)} s: ${note.hertz.toFixed(1)} hertz`);
}
