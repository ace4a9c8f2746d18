/* SPDX-License-Identifier: MIT
 *
 * A capture filter in the language of tcpdump, applied to frames in user space. It is compiled once
 * for every link type that it meets. One thread at a time. */
#pragma once
#include "jj/error.h"
#include "jj/packet.h"

struct jj_filter;

/* Fails when the expression makes no sense for Ethernet, so that a typing error is found early. */
int jj_filter_create(struct jj_filter **out, const char *expression, struct jj_error *err);

/* Frames of a link type for which the expression cannot be compiled do not match. */
bool jj_filter_match(struct jj_filter *filter, const struct jj_frame *frame);

/* Keeps the frames that match, in order, at the front. Returns their number. */
unsigned jj_filter_apply(struct jj_filter *filter, struct jj_frame *frames, unsigned count);

/* A sentence about the first link type that could not be filtered; NULL when there was none. */
const char *jj_filter_problem(const struct jj_filter *filter);

void jj_filter_destroy(struct jj_filter *filter);
