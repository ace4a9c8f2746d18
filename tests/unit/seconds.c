/* SPDX-License-Identifier: MIT
 *
 * Times as the nearest double, against the correctly rounded strtod() of the exact decimal. */
#include "extract/seconds.c"

#include "test.h"

int main(void)
{
    for (int i = 0; i < 200000; i++) {
        int64_t second = i % 4 == 0 ? random() % 100 : 1000000000 + random();
        int64_t ns = random() % 1000000000;
        if (i % 3 == 0)
            ns -= ns % 1000;
        char text[64];
        sprintf(text, "%lld.%09lld", (long long)second, (long long)ns);
        CHECK(jj_seconds(second * 1000000000 + ns) == strtod(text, NULL));
    }
    return test_end();
}
