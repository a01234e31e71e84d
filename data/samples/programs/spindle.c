/* Spins a thread: draws numbers out of a seed, one after another, always the same.
 *
 * The same seed gives the same thread. A different seed gives a different one, and nobody can tell
 * from a piece of it which sheep it came from.
 */
#include <stdint.h>
#include <stdio.h>

/* Turns the spindle once and returns the next number. */
static uint32_t twist(uint32_t *state) {
    uint32_t x = *state;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    *state = x;
    return x;
}

/* A number from 0 up to and not including the limit. */
static uint32_t below(uint32_t *state, uint32_t limit) {
    return twist(state) % limit;
}

/* Puts the sheep into another order, each order as likely as the next. */
static void shuffle(const char *flock[], uint32_t count, uint32_t *state) {
    for (uint32_t last = count; last > 1; last--) {
        uint32_t chosen = below(state, last);
        const char *sheep = flock[chosen];
        flock[chosen] = flock[last - 1];
        flock[last - 1] = sheep;
    }
}

int main(void) {
    const char *flock[] = {"Clover", "Thistle", "Button", "Hazel", "Juniper", "Sage"};
    const uint32_t count = sizeof flock / sizeof flock[0];
    uint32_t state = 42;

    shuffle(flock, count, &state);
    for (uint32_t at = 0; at < count; at++) {
        printf("%u. %s\n", at + 1, flock[at]);
    }
    return 0;
}
