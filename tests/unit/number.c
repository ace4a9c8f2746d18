/* SPDX-License-Identifier: MIT
 *
 * Numbers as text against strtod (reads back), snprintf %.*g (nothing shorter does) and Python's
 * repr() (the very same text). */
#include "engine/base/number.c"

#include <inttypes.h>
#include <unistd.h>

#include "test.h"

static uint64_t seed = 88172645463325252ull;

static uint64_t next(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}

static double from_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, 8);
    return value;
}

static const char *text(double value)
{
    static char buffer[JJ_NUMBER_ROOM + 1];
    buffer[jj_write_f64(buffer, value)] = 0;
    return buffer;
}

static void test_integers(void)
{
    char got[JJ_NUMBER_ROOM + 1], want[32];
    for (uint64_t power = 1; power != 0; power = power > UINT64_MAX / 10 ? 0 : power * 10)
        for (int d = -2; d <= 2; d++) {
            got[jj_write_u64(got, power + (uint64_t)d)] = 0;
            snprintf(want, sizeof want, "%" PRIu64, power + (uint64_t)d);
            CHECK_STR(got, want);
        }
    for (int i = 0; i < 1000000; i++) {
        uint64_t value = next() >> (next() & 63);
        got[jj_write_u64(got, value)] = 0;
        snprintf(want, sizeof want, "%" PRIu64, value);
        if (strcmp(got, want) != 0)
            CHECK_STR(got, want);
        got[jj_write_i64(got, (int64_t)value)] = 0;
        snprintf(want, sizeof want, "%" PRId64, (int64_t)value);
        if (strcmp(got, want) != 0)
            CHECK_STR(got, want);
    }
    got[jj_write_i64(got, INT64_MIN)] = 0;
    CHECK_STR(got, "-9223372036854775808");
    CHECK_INT(jj_write_u64(got, UINT64_MAX), JJ_U64_MAX);
}

static void test_forms(void)
{
    CHECK_STR(text(0.0), "0.0");
    CHECK_STR(text(-0.0), "-0.0");
    CHECK_STR(text(60.0), "60.0");
    CHECK_STR(text(-1.5), "-1.5");
    CHECK_STR(text(0.1), "0.1");
    CHECK_STR(text(0.0001), "0.0001");
    CHECK_STR(text(0.00001), "1e-05");
    CHECK_STR(text(1.5e16), "1.5e+16");
    CHECK_STR(text(1e16), "1e+16");
    CHECK_STR(text(9007199254740992.0), "9007199254740992.0");
    CHECK_STR(text(9999999999999998.0), "9999999999999998.0");
    CHECK_STR(text(1e22), "1e+22");
    CHECK_STR(text(1e23), "1e+23");
    CHECK_STR(text(5e-324), "5e-324");
    CHECK_STR(text(1e-323), "1e-323");
    CHECK_STR(text(1.7976931348623157e308), "1.7976931348623157e+308");
    CHECK_STR(text(-2.2250738585072014e-308), "-2.2250738585072014e-308");
    CHECK_STR(text(1700000000.123456), "1700000000.123456");
    CHECK_STR(text(from_bits(0x7ff0000000000000)), "inf");
    CHECK_STR(text(from_bits(0xfff0000000000000)), "-inf");
    CHECK_STR(text(from_bits(0xfff8000000000000)), "nan");
}

static int digits_in(const char *s)
{
    int count = 0, zeros = 0;
    bool started = false;
    for (; *s && *s != 'e'; s++) {
        if (*s < '0' || *s > '9')
            continue;
        started |= *s != '0';
        count += started;
        zeros = *s == '0' && started ? zeros + 1 : 0;
    }
    return count - zeros;
}

/* Reads back, and no text with a digit less does. */
static void check_double(double value)
{
    char shorter[512];
    const char *got = text(value);
    bool same = strtod(got, NULL) == value;
    int digits = digits_in(got);
    if (same && digits > 1) {
        snprintf(shorter, sizeof shorter, "%.*g", digits - 1, value);
        same = strtod(shorter, NULL) != value;
    }
    if (!same) {
        fprintf(stderr, "%a is written %s\n", value, got);
        CHECK(same);
    }
}

/* Bit patterns of all kinds: any, times of packets, means of sizes, few digits. */
static double sample(unsigned i)
{
    uint64_t r = next();
    switch (i % 8) {
    case 0:
        return (double)(r % 1000000000000) / 1e6;
    case 1:
        return (double)(r % 100000) / (double)(next() % 1000 + 1);
    case 2:
        return (double)(r % 100000000000000) / 1e9;
    case 3:
        return from_bits(r & 0x000fffffffffffff) * (r >> 63 ? 1 : -1);
    case 4:
        return (double)r;
    default:
        return from_bits((r >> 52 & 2047) == 2047 ? r ^ 1ull << 62 : r);
    }
}

static void test_structured(void)
{
    for (uint64_t biased = 0; biased < 2047; biased++)
        for (int d = -3; d <= 3; d++)
            check_double(from_bits(((biased << 52) + (uint64_t)d) & 0x7fefffffffffffff));
    for (int bit = 0; bit < 52; bit++)
        for (int d = -3; d <= 3; d++)
            check_double(from_bits(((1ull << bit) + (uint64_t)d) & 0x7fefffffffffffff));
    char power[16];
    for (int n = -324; n <= 308; n++) {
        snprintf(power, sizeof power, "1e%d", n);
        double value = strtod(power, NULL);
        check_double(value);
        check_double(from_bits(value == 0 ? 0 : *(uint64_t *)&value - 1));
        check_double(nextafter(value, HUGE_VAL));
    }
    CHECK(true);
}

static void test_random(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        check_double(sample(i));
    CHECK(true);
}

/* Python reads "bits text" lines and compares with its own repr. */
static void test_python(unsigned count)
{
    FILE *python =
        popen("python3 -c \"\n"
              "import struct, sys\n"
              "bad = n = 0\n"
              "for line in sys.stdin:\n"
              "    bits, text = line.split()\n"
              "    n += 1\n"
              "    want = repr(struct.unpack('<d', struct.pack('<Q', int(bits, 16)))[0])\n"
              "    if want != text:\n"
              "        bad += 1\n"
              "        if bad < 10: print(bits, text, want, file=sys.stderr)\n"
              "sys.exit(bad != 0 or n < 1000)\n\"",
              "w");
    CHECK(python != NULL);
    for (unsigned i = 0; python && i < count; i++) {
        double value = i < 4096 ? from_bits((uint64_t)(i / 2 % 2047) << 52 | (i & 1)) : sample(i);
        uint64_t bits;
        memcpy(&bits, &value, 8);
        fprintf(python, "%" PRIx64 " %s\n", bits, text(value));
    }
    CHECK_INT(python ? pclose(python) : 0, 0);
}

int main(int count, char **arguments)
{
    unsigned millions = count > 1 ? (unsigned)atoi(arguments[1]) : 1;
    test_integers();
    test_forms();
    test_structured();
    test_random(millions * 1000000);
    if (system("python3 -c ''") == 0)
        test_python(millions * 1000000);
    return test_end();
}
