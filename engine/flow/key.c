/* SPDX-License-Identifier: MIT */
#include "engine/flow/key.h"

#include <errno.h>
#include <sys/random.h>

int jj_hash_seed(struct jj_hash_seed *seed)
{
    if (getrandom(seed, sizeof *seed, 0) != (ssize_t)sizeof *seed)
        return -errno;
    for (unsigned i = 0; i < 5; i++)
        seed->word[i] |= 1; /* a zero factor would blind half the key */
    return 0;
}
