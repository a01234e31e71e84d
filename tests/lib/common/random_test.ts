import { assert, assertAlmostEquals, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  fillGaussian,
  permute,
  philox,
  randomGaussian,
  randomU32,
  randomUnit,
} from "../../../lib/common/random.ts";

const ONES = 0xffffffff;

Deno.test("philox() gives the published answers of Random123", () => {
  assertEquals(philox([0, 0, 0, 0], [0, 0]), [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
  assertEquals(
    philox([ONES, ONES, ONES, ONES], [ONES, ONES]),
    [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  );
  assertEquals(
    philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]),
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  );
});

Deno.test("randomU32() differs by seed, by stream and by index, also above 2^32", () => {
  const one = randomU32({ seed: 1, stream: 2 }, 3);
  assertNotEquals(one, randomU32({ seed: 2, stream: 2 }, 3));
  assertNotEquals(one, randomU32({ seed: 1 + 2 ** 32, stream: 2 }, 3));
  assertNotEquals(one, randomU32({ seed: 1, stream: 3 }, 3));
  assertNotEquals(one, randomU32({ seed: 1, stream: 2 }, 4));
  assertNotEquals(one, randomU32({ seed: 1, stream: 2 }, 3 + 2 ** 34));
});

Deno.test("randomUnit() stays below 1 and is spread evenly", () => {
  const stream = { seed: 7, stream: 1 };
  const counts = new Array(10).fill(0);
  for (let index = 0; index < 20_000; index++) {
    const value = randomUnit(stream, index);
    assert(value >= 0 && value < 1 && Math.fround(value) === value);
    counts[Math.floor(value * 10)]++;
  }
  for (const count of counts) assert(Math.abs(count - 2000) < 250, `${counts}`);
});

Deno.test("randomGaussian() has mean 0 and standard deviation 1", () => {
  let sum = 0, squares = 0;
  for (let index = 0; index < 40_000; index++) {
    const value = randomGaussian({ seed: 3, stream: 9 }, index);
    sum += value;
    squares += value * value;
  }
  assertAlmostEquals(sum / 40_000, 0, 0.02);
  assertAlmostEquals(squares / 40_000, 1, 0.03);
});

Deno.test("fillGaussian() agrees with randomGaussian() at every index and length", () => {
  const out = new Float32Array(11);
  fillGaussian(out, { seed: 5, stream: 4, std: 0.02 });
  for (const [index, value] of out.entries()) {
    assertEquals(value, Math.fround(0.02 * randomGaussian({ seed: 5, stream: 4 }, index)));
  }
});

Deno.test("permute() visits every index once for every size and key", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(), fc.nat(), (size, seed, stream) => {
    const places = Array.from({ length: size }, (_, index) => permute(index, { seed, stream, size }));
    assertEquals(places.toSorted((a, b) => a - b), Array.from({ length: size }, (_, index) => index));
  }));
});

Deno.test("permute() mixes: few of a thousand indices stay or keep their neighbour", () => {
  const places = Array.from(
    { length: 1000 },
    (_, index) => permute(index, { seed: 1, stream: 1, size: 1000 }),
  );
  const stays = places.filter((place, index) => place === index).length;
  const neighbours = places.filter((place, index) => Math.abs(place - places[index + 1]) === 1).length;
  assert(stays < 8 && neighbours < 12, `${stays} stay, ${neighbours} neighbours`);
});

Deno.test("permute() refuses an index outside", () => {
  assertThrows(() => permute(5, { seed: 1, stream: 1, size: 5 }), RangeError, "from 0 to 4");
  assertThrows(() => permute(0.5, { seed: 1, stream: 1, size: 5 }), RangeError, "Cannot permute index 0.5");
});
