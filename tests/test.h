/* SPDX-License-Identifier: MIT
 *
 * The unit tests' whole framework. A test file is a program: it includes the .c under test, calls
 * CHECK as often as it likes and ends with `return test_end();`. Exit 0 passed, 1 failed,
 * 77 skipped with the reason printed. */
#pragma once
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int test_checks, test_failures;

#define CHECK(condition)                                                            \
    do {                                                                            \
        test_checks++;                                                              \
        if (!(condition)) {                                                         \
            test_failures++;                                                        \
            fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition); \
        }                                                                           \
    } while (0)

#define CHECK_INT(got, want)                                                                 \
    do {                                                                                     \
        long long got_ = (long long)(got), want_ = (long long)(want);                        \
        test_checks++;                                                                       \
        if (got_ != want_) {                                                                 \
            test_failures++;                                                                 \
            fprintf(stderr, "%s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, #got, got_, \
                    want_);                                                                  \
        }                                                                                    \
    } while (0)

#define CHECK_STR(got, want)                                                                     \
    do {                                                                                         \
        const char *got_ = (got), *want_ = (want);                                               \
        test_checks++;                                                                           \
        if (strcmp(got_, want_) != 0) {                                                          \
            test_failures++;                                                                     \
            fprintf(stderr, "%s:%d: %s is \"%s\", not \"%s\"\n", __FILE__, __LINE__, #got, got_, \
                    want_);                                                                      \
        }                                                                                        \
    } while (0)

static inline int test_skip(const char *reason)
{
    printf("skipped: %s\n", reason);
    return 77;
}

static inline int test_end(void)
{
    if (test_checks == 0) {
        fprintf(stderr, "no check was made\n");
        return 1;
    }
    printf("%d checks, %d failed\n", test_checks, test_failures);
    return test_failures != 0;
}
