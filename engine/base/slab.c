/* SPDX-License-Identifier: MIT */
#include "engine/base/slab.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

static size_t reserved_bytes(const struct jj_slab *slab)
{
    return ((size_t)slab->max + 1) * slab->item;
}

int jj_slab_create(struct jj_slab *slab, size_t item, uint32_t max)
{
    memset(slab, 0, sizeof *slab);
    slab->item = (item + 15) & ~(size_t)15;
    for (slab->max = max; slab->max > 0; slab->max /= 2) {
        void *base = mmap(NULL, reserved_bytes(slab), PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (base != MAP_FAILED) {
            slab->base = base;
            return 0;
        }
    }
    return -ENOMEM;
}

void jj_slab_destroy(struct jj_slab *slab)
{
    if (slab->base)
        munmap(slab->base, reserved_bytes(slab));
    memset(slab, 0, sizeof *slab);
}
