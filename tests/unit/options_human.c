/* SPDX-License-Identifier: MIT
 *
 * Numbers as people read them, and guesses at mistyped words. */
#include "cli/human.c"
#include "cli/nearest.c"
#include "test.h"

static const char *guess(const char *word)
{
    static const char *const words[] = { "format", "features", "feature", "filter", "output" };
    struct jj_nearest nearest = { .word = word, .length = strlen(word) };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        jj_nearest_try(&nearest, words[i]);
    return nearest.best ? nearest.best : "nothing";
}

int main(void)
{
    CHECK_STR(jj_human_count(0), "0");
    CHECK_STR(jj_human_count(999), "999");
    CHECK_STR(jj_human_count(1000), "1,000");
    CHECK_STR(jj_human_count(1234567), "1,234,567");
    CHECK_STR(jj_human_count(UINT64_MAX), "18,446,744,073,709,551,615");
    CHECK_STR(jj_human_bytes(0), "0 bytes");
    CHECK_STR(jj_human_bytes(999), "999 bytes");
    CHECK_STR(jj_human_bytes(1000), "1.00 kB");
    CHECK_STR(jj_human_bytes(12345678), "12.3 MB");
    CHECK_STR(jj_human_bytes(999600), "1.00 MB");
    CHECK_STR(jj_human_rate(950), "950");
    CHECK_STR(jj_human_rate(1236000), "1.24 M");
    CHECK_STR(jj_human_time(0), "0.0 ms");
    CHECK_STR(jj_human_time(0.00034), "0.3 ms");
    CHECK_STR(jj_human_time(0.123), "123 ms");
    CHECK_STR(jj_human_time(1.234), "1.23 s");
    CHECK_STR(jj_human_time(59.97), "1:00");
    CHECK_STR(jj_human_time(187), "3:07");
    CHECK_STR(jj_human_time(7395), "2:03:15");

    CHECK_STR(guess("formt"), "format");
    CHECK_STR(guess("foramt"), "format");
    CHECK_STR(guess("ouput"), "output");
    CHECK_STR(guess("out"), "output");
    CHECK_STR(guess("featurs"), "features");
    CHECK_STR(guess("fitler"), "filter");
    CHECK_STR(guess("xyzzy"), "nothing");
    CHECK_STR(guess(""), "nothing");
    return test_end();
}
