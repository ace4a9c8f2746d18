/* SPDX-License-Identifier: MIT
 *
 * Puts a filter into kernel programs at load. A program calls `jj_filter(context)`, a stub that
 * accepts everything and says by a constant at which hook it stands; this replaces its body.
 * Without it the object loads as it is. The registration belongs to the process, all else to its
 * caller. */
#pragma once
#include <stdint.h>

#include "jj/error.h"

struct bpf_object;

/* What the stub returns, plus its enum jj_hook; the kernel side repeats the number. */
#define JJ_FILTER_STUB 0x6a6a0000

/* Before any object with filters is opened; repeating it does nothing. */
int jj_splice_register(struct jj_error *err);

/* Loads `object` with `expression` in place of its stubs, compiled for `linktype`. Fails with
 * JJ_EUSAGE or JJ_EUNSUPPORTED when the filter cannot be had in the kernel, and with what
 * bpf_object__load() returns; the object is then to be closed. */
int jj_splice_load(struct bpf_object *object, const char *expression, uint16_t linktype,
                   struct jj_error *err);
