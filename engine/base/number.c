/* SPDX-License-Identifier: MIT */
#include "engine/base/number.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "digits are stored a word at a time");

#define ZEROS 0x3030303030303030ull /* eight times '0' */

/* The eight digits of x < 10^8, one in each byte, the first digit in the lowest byte. Halves the
 * groups thrice, all groups at once: x / 100 is x * 10486 >> 20 below 10^4, x / 10 is
 * x * 103 >> 10 below 100. */
static inline uint64_t eight_digits(uint32_t x)
{
    uint64_t fours = x / 10000 | (uint64_t)(x % 10000) << 32;
    uint64_t high = (fours * 10486 >> 20) & 0x0000007f0000007full;
    uint64_t twos = high | (fours - 100 * high) << 16;
    high = (twos * 103 >> 10) & 0x000f000f000f000full;
    return high | (twos - 10 * high) << 8;
}

static inline void put8(char *to, uint64_t bytes)
{
    memcpy(to, &bytes, 8);
}

/* "0.0" to "999.0", and the digits before the point in the last byte: most numbers are small, and
 * how many digits they have is nothing a branch predictor could know. */
static uint64_t small[1000];

__attribute__((constructor)) static void make_small(void)
{
    for (uint32_t i = 0; i < 1000; i++) {
        uint64_t text = ('0' + i / 100) | ('0' + i / 10 % 10) << 8 | ('0' + i % 10) << 16 |
                        '.' << 24 | (uint64_t)'0' << 32;
        unsigned digits = i < 10 ? 1 : i < 100 ? 2 : 3;
        small[i] = text >> 8 * (3 - digits) | (uint64_t)digits << 56;
    }
}

static inline size_t write_below_1e8(char *to, uint32_t value)
{
    if (value < 1000) {
        put8(to, small[value]);
        return small[value] >> 56;
    }
    uint64_t digits = eight_digits(value);
    unsigned leading = (unsigned)__builtin_ctzll(digits) / 8;
    put8(to, (digits | ZEROS) >> 8 * leading);
    return 8 - leading;
}

size_t jj_write_u64(char *to, uint64_t value)
{
    if (value < 100000000)
        return write_below_1e8(to, (uint32_t)value);
    size_t length = jj_write_u64(to, value / 100000000);
    put8(to + length, eight_digits((uint32_t)(value % 100000000)) | ZEROS);
    return length + 8;
}

size_t jj_write_i64(char *to, int64_t value)
{
    if (value >= 0)
        return jj_write_u64(to, (uint64_t)value);
    *to = '-';
    return 1 + jj_write_u64(to + 1, -(uint64_t)value);
}

/* powers[n - POWER_MIN] = floor(10^n * 2^-e) + 1, e such that it has exactly 128 bits. These are
 * the g of the paper with two bits more. */
#define POWER_MIN (-292)
#define POWER_MAX 324

struct wide {
    uint64_t high, low;
};

static struct wide powers[POWER_MAX - POWER_MIN + 1];

/* Exact integers of WORDS * 32 bits, least significant word first. 5^324 has 753 bits; 5^-292 needs
 * 128 bits after the 679 zeros behind the point. */
#define WORDS 28

static struct wide top_plus_one(const uint32_t *x)
{
    int word = WORDS - 1;
    while (x[word] == 0)
        word--;
    int shift = __builtin_clz(x[word]);
    uint64_t half[2] = { 0, 0 };
    for (int i = 0; i < 4; i++) {
        uint64_t pair = (uint64_t)(word - i >= 0 ? x[word - i] : 0) << 32 |
                        (word - i - 1 >= 0 ? x[word - i - 1] : 0);
        half[i / 2] = half[i / 2] << 32 | (uint32_t)(pair << shift >> 32);
    }
    half[1]++;
    return (struct wide){ half[0] + (half[1] == 0), half[1] };
}

/* Factors of two only move the point, so the bits of 10^n are those of 5^n. */
__attribute__((constructor)) static void make_powers(void)
{
    uint32_t x[WORDS] = { 1 };
    for (int n = 0; n <= POWER_MAX; n++) {
        powers[n - POWER_MIN] = top_plus_one(x);
        uint64_t carry = 0;
        for (int i = 0; i < WORDS; i++) {
            carry += (uint64_t)x[i] * 5;
            x[i] = (uint32_t)carry;
            carry >>= 32;
        }
    }
    memset(x, 0, sizeof x);
    x[WORDS - 1] = 1u << 31;
    for (int n = -1; n >= POWER_MIN; n--) {
        uint64_t rest = 0;
        for (int i = WORDS - 1; i >= 0; i--) {
            rest = rest << 32 | x[i];
            x[i] = (uint32_t)(rest / 5);
            rest %= 5;
        }
        powers[n - POWER_MIN] = top_plus_one(x);
    }
}

struct decimal {
    uint64_t digits; /* the value is digits * 10^exponent */
    int exponent;
};

/* g * cp / 2^128, rounded to odd (the paper's rop). */
static inline uint64_t round_to_odd(struct wide g, uint64_t cp)
{
    unsigned __int128 low = (unsigned __int128)g.low * cp;
    unsigned __int128 high = (unsigned __int128)g.high * cp + (uint64_t)(low >> 64);
    return (uint64_t)(high >> 64) | ((uint64_t)high > 1);
}

/* The shortest, closest decimal in the rounding interval of c * 2^q; its digits may end in zeros.
 * All bounds are four times as large as the values they stand for. The logarithms are fixed-point
 * and exact in the range of doubles: log10(2) * 2^22, log10(4/3) * 2^22, log2(10) * 2^19. */
static inline struct decimal shortest(uint64_t c, int q, bool lower_is_closer)
{
    int k = (q * 1262611 - (lower_is_closer ? 524031 : 0)) >> 22;
    int h = q + ((-k * 1741647) >> 19) + 1;
    struct wide g = powers[-k - POWER_MIN];
    uint64_t odd = c & 1; /* the interval's ends belong to an even c only */
    uint64_t lower = round_to_odd(g, (4 * c - 2 + lower_is_closer) << h) + odd;
    uint64_t value = round_to_odd(g, 4 * c << h);
    uint64_t upper = round_to_odd(g, (4 * c + 2) << h) - odd;

    uint64_t s = value / 4, t = s / 10;
    bool t_in = lower <= 40 * t, t_next_in = 40 * t + 40 <= upper;
    bool s_in = lower <= 4 * s, s_next_in = 4 * s + 4 <= upper;
    bool s_up = value + (s & 1) > 4 * s + 2; /* half to even */
    s_up = s_in == s_next_in ? s_up : s_next_in;
    bool fewer = (t_in != t_next_in) & (s >= 10);
    uint64_t mask = -(uint64_t)fewer; /* which of the two is chance: no branch */
    return (struct decimal){ ((t + t_next_in) * 10 & mask) | ((s + s_up) & ~mask), k };
}

/* Only subnormal doubles have less than 16 digits to begin with. */
static struct decimal fill_digits(struct decimal d)
{
    for (; d.digits < 1000000000000000; d.digits *= 10)
        d.exponent--;
    return d;
}

/* "e+16", "e-05", "e-324" */
static inline size_t write_exponent(char *to, int exponent)
{
    unsigned size = exponent < 0 ? (unsigned)-exponent : (unsigned)exponent;
    to[0] = 'e';
    to[1] = exponent < 0 ? '-' : '+';
    to += 2;
    if (size >= 100)
        *to++ = (char)('0' + size / 100);
    to[0] = (char)('0' + size / 10 % 10);
    to[1] = (char)('0' + size % 10);
    return size >= 100 ? 5 : 4;
}

static inline void put16(char *to, unsigned __int128 bytes)
{
    memcpy(to, &bytes, 16);
}

/* Takes 16 or 17 digits. Stores them in blocks of fixed size, beyond their end too
 * (JJ_NUMBER_ROOM), and only from registers: reading back what was just stored in other sizes
 * stalls. */
static inline size_t write_decimal(char *to, struct decimal d)
{
    bool full = d.digits >= 10000000000000000;
    int point = d.exponent + 16 + full; /* the value is 0.digits * 10^point */
    uint64_t padded = d.digits * (full ? 1 : 10);
    uint64_t high = padded / 100000000, low = eight_digits((uint32_t)(padded % 100000000));
    uint64_t middle = eight_digits((uint32_t)(high % 100000000));
    char first = (char)('0' + high / 100000000);
    unsigned __int128 others = (unsigned __int128)(low | ZEROS) << 64 | (middle | ZEROS);
    int count = low ? 17 - __builtin_clzll(low) / 8 : middle ? 9 - __builtin_clzll(middle) / 8 : 1;

    if (point > 0 && point <= 16) {
        to[0] = first;
        put16(to + 1, others);
        to[point] = '.';
        put16(to + point + 1, others >> 8 * (point - 1));
        return (size_t)(count > point ? count : point + 1) + 1;
    }
    if (point > -4 && point <= 0) {
        memcpy(to, "0.000", 5);
        to += 2 - point;
        to[0] = first;
        put16(to + 1, others);
        return (size_t)(2 - point + count);
    }
    to[0] = first;
    to[1] = '.';
    put16(to + 2, others);
    size_t at = count > 1 ? (size_t)count + 1 : 1;
    return at + write_exponent(to + at, point - 1);
}

/* A double that is n / 10^9 for some n < 10^15 needs no search: a decimal of at most 15 digits is
 * the only one of that length in its rounding interval. Times in seconds are of this kind. */
static inline bool is_nanos(double value, uint64_t *n)
{
    if (!(value >= 1e-4 && value < 1e6))
        return false;
    double scaled = value * 1e9;
    *n = (uint64_t)(scaled + 0.5);
    return fabs(scaled - (double)*n) <= scaled * 0x1p-51 && (double)*n / 1e9 == value;
}

static inline size_t write_nanos(char *to, uint64_t n)
{
    size_t point = write_below_1e8(to, (uint32_t)(n / 1000000000));
    uint32_t rest = (uint32_t)(n % 1000000000);
    uint64_t digits = eight_digits(rest % 100000000);
    to[point] = '.';
    to[point + 1] = (char)('0' + rest / 100000000);
    put8(to + point + 2, digits | ZEROS);
    return point + (digits ? 10 - (size_t)__builtin_clzll(digits) / 8 : 2);
}

static size_t write_special(char *to, bool is_nan)
{
    memcpy(to, is_nan ? "nan" : "inf", 3);
    return 3;
}

static size_t write_positive(char *to, double value, uint64_t bits)
{
    if (value < 0x1p53 && (double)(int64_t)value == value) {
        uint64_t whole = (uint64_t)value;
        if (whole < 1000)
            return write_below_1e8(to, (uint32_t)whole) + 2;
        size_t length = jj_write_u64(to, whole);
        memcpy(to + length, ".0", 2);
        return length + 2;
    }
    uint64_t n;
    if (is_nanos(value, &n))
        return write_nanos(to, n);
    uint64_t fraction = bits & ((1ull << 52) - 1);
    int biased = (int)(bits >> 52);
    if (biased == 2047)
        return write_special(to, fraction != 0);
    if (biased == 0)
        return write_decimal(to, fill_digits(shortest(fraction, -1074, false)));
    return write_decimal(
        to, shortest(fraction | 1ull << 52, biased - 1075, fraction == 0 && biased > 1));
}

size_t jj_write_f64(char *to, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, 8);
    if (bits >> 63 == 0 || value != value)
        return write_positive(to, fabs(value), bits & ~(1ull << 63));
    *to = '-';
    return 1 + write_positive(to + 1, -value, bits & ~(1ull << 63));
}
