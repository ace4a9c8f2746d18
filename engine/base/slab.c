/* SPDX-License-Identifier: MIT */
#include "engine/base/slab.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define SMALL_PAGES ((size_t)4 << 20) /* bytes before huge pages are asked for */

void *jj_reserve(size_t bytes)
{
    uint8_t *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED)
        return NULL;
    if (bytes > SMALL_PAGES)
        madvise(base + SMALL_PAGES, bytes - SMALL_PAGES, MADV_HUGEPAGE); /* only a wish */
    return base;
}

void jj_unreserve(void *base, size_t bytes)
{
    if (base)
        munmap(base, bytes);
}

static size_t reserved_bytes(const struct jj_slab *slab)
{
    return ((size_t)slab->max + 1) * slab->item;
}

int jj_slab_create(struct jj_slab *slab, size_t item, uint32_t max)
{
    memset(slab, 0, sizeof *slab);
    slab->item = (item + 15) & ~(size_t)15;
    for (slab->max = max; slab->max > 0; slab->max /= 2) {
        slab->base = jj_reserve(reserved_bytes(slab));
        if (slab->base)
            return 0;
    }
    return -ENOMEM;
}

void jj_slab_destroy(struct jj_slab *slab)
{
    jj_unreserve(slab->base, reserved_bytes(slab));
    memset(slab, 0, sizeof *slab);
}
