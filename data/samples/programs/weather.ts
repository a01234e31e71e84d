// Guesses the weather of tomorrow from the signs of today, as the old ewe does.

/** A sign that somebody has seen in the morning. */
interface Sign {
  readonly name: string;
  /** How much it speaks for rain: positive for rain, negative for sun. */
  readonly weight: number;
}

const SIGNS: readonly Sign[] = [
  { name: "swallows fly low", weight: 1.0 },
  { name: "the far hills look near", weight: 0.8 },
  { name: "there was a ring round the moon", weight: 0.7 },
  { name: "the old ewe stands with her back to the west", weight: 1.5 },
  { name: "red sky in the evening", weight: -1.2 },
  { name: "spiders mend their webs", weight: -0.6 },
  { name: "small clouds with flat feet", weight: -0.9 },
];

/** Turns a sum of weights into a chance between 0 and 1. */
function logistic(sum: number): number {
  return 1 / (1 + Math.exp(-sum));
}

/** The chance of rain, given the names of the signs that were seen. */
export function chanceOfRain(seen: readonly string[]): number {
  let sum = 0;
  for (const sign of SIGNS) {
    if (seen.includes(sign.name)) sum += sign.weight;
  }
  return logistic(sum);
}

/** Advice for the shepherd. */
export function advice(seen: readonly string[]): string {
  const chance = chanceOfRain(seen);
  if (chance > 0.8) return "Bring the flock down and take in the washing.";
  if (chance > 0.5) return "Take a coat.";
  return "Leave the coat at home. Take bread.";
}

const today = ["swallows fly low", "the old ewe stands with her back to the west"];
console.log(`${(100 * chanceOfRain(today)).toFixed(0)} % rain. ${advice(today)}`);
