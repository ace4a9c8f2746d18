/* SPDX-License-Identifier: MIT */
#include "extract/consumer.h"

#include <errno.h>
#include <stdlib.h>

#include "engine/base/slab.h"
#include "extract/columns.h"

#define MAX_EXTRACTORS   64
#define MAX_FOLDED_FLOWS (1u << 20) /* flows per worker that outgrew their log */

struct jj_extract {
    struct jj_extract_options options;
    struct jj_policy policy;
    unsigned extractors;
    unsigned features;                   /* of all extractors */
    size_t state_offset[MAX_EXTRACTORS]; /* in the state of a folded flow, behind struct jj_carry */
    size_t state_size;
    int *column_of; /* by feature over all extractors: schema column, or -1 */
};

/* One worker's. */
struct worker {
    const struct jj_extract *extract;
    unsigned number;
    struct jj_table *table;
    struct jj_column **column; /* by feature over all extractors, of `table` */
    struct jj_columns columns;
    struct jj_slab states;
};

static const struct jj_extractor *extractor(unsigned i)
{
    return jj_extractors()[i];
}

static void map_columns(struct jj_extract *x)
{
    unsigned feature = 0;
    for (unsigned e = 0; e < x->extractors; e++)
        for (unsigned i = 0; i < extractor(e)->count; i++, feature++) {
            x->column_of[feature] = -1;
            for (unsigned c = 0; c < x->options.schema->count; c++)
                if (x->options.schema->columns[c].feature == &extractor(e)->features[i])
                    x->column_of[feature] = (int)c;
        }
}

static size_t align(size_t size)
{
    return (size + 15) & ~(size_t)15;
}

int jj_extract_create(struct jj_extract **out, const struct jj_extract_options *options,
                      struct jj_error *err)
{
    struct jj_extract *x = calloc(1, sizeof *x);
    if (!x)
        return jj_fail(err, -ENOMEM, "no memory for the extractors");
    x->options = *options;
    x->policy = (struct jj_policy){
        .compat = options->compat,
        .anonymize_ips = options->anonymize_ips,
        .salt = options->salt ? options->salt : "",
        .burst_threshold = options->burst_threshold > 0 ? options->burst_threshold : 0.05,
        .sequence_length = options->sequence_length ? options->sequence_length : 50,
    };
    x->state_size = align(sizeof(struct jj_carry));
    for (; extractor(x->extractors); x->extractors++) {
        x->state_offset[x->extractors] = x->state_size;
        x->state_size += align(extractor(x->extractors)->state_size);
        x->features += extractor(x->extractors)->count;
    }
    x->column_of = calloc(x->features, sizeof *x->column_of);
    if (!x->column_of) {
        free(x);
        return jj_fail(err, -ENOMEM, "no memory for the extractors");
    }
    map_columns(x);
    *out = x;
    return 0;
}

void jj_extract_destroy(struct jj_extract *extract)
{
    if (!extract)
        return;
    free(extract->column_of);
    free(extract);
}

static void use_table(struct worker *w, struct jj_table *table)
{
    w->table = table;
    for (unsigned i = 0; i < w->extract->features; i++) {
        int c = w->extract->column_of[i];
        w->column[i] = c < 0 ? table->sink : &table->columns[c];
    }
}

/* Gives the full table away and goes on with an empty one; without one, its rows are given up. */
static void turn_over(struct worker *w)
{
    const struct jj_extract_options *o = &w->extract->options;
    if (w->table->rows == 0)
        return;
    struct jj_table *fresh = o->get(o->context, w->number);
    if (fresh) {
        o->put(o->context, w->number, w->table);
        use_table(w, fresh);
    } else {
        o->dropped(o->context, w->number, w->table->rows);
        jj_table_reset(w->table);
    }
}

static void close_worker(void *state)
{
    struct worker *w = state;
    const struct jj_extract_options *o = &w->extract->options;
    if (w->table)
        o->put(o->context, w->number, w->table);
    jj_slab_destroy(&w->states);
    jj_columns_free(&w->columns);
    free(w->column);
    free(w);
}

static int open_worker(void **state, void *consumer, unsigned number, struct jj_error *err)
{
    struct jj_extract *x = consumer;
    struct worker *w = calloc(1, sizeof *w);
    if (!w)
        return jj_fail(err, -ENOMEM, "no memory for worker %u", number);
    w->extract = x;
    w->number = number;
    w->column = calloc(x->features, sizeof *w->column);
    int ret = jj_slab_create(&w->states, x->state_size, MAX_FOLDED_FLOWS);
    struct jj_table *table =
        ret == 0 && w->column ? x->options.get(x->options.context, number) : NULL;
    if (!table) {
        close_worker(w);
        return jj_fail(err, -ENOMEM, "no memory for worker %u", number);
    }
    use_table(w, table);
    *state = w;
    return 0;
}

static struct jj_view view_of(const struct worker *w, const struct jj_flow *flow,
                              const struct jj_record *records, size_t count)
{
    return (struct jj_view){
        .flow = flow,
        .policy = &w->extract->policy,
        .record = records,
        .count = count,
    };
}

static void fold(void *state, struct jj_flow *flow, const struct jj_record *records, size_t count)
{
    struct worker *w = state;
    if (!flow->state) {
        flow->state = jj_slab_take(&w->states);
        if (!flow->state)
            return;
        memset(jj_slab_at(&w->states, flow->state), 0, w->extract->state_size);
    }
    uint8_t *memory = jj_slab_at(&w->states, flow->state);
    struct jj_view view = view_of(w, flow, records, count);
    if (jj_columns_fill(&w->columns, &view, (struct jj_carry *)memory) < 0)
        return;
    for (unsigned e = 0; e < w->extract->extractors; e++)
        extractor(e)->fold(memory + w->extract->state_offset[e], &view);
}

static void finish(struct worker *w, const uint8_t *memory, const struct jj_view *view)
{
    struct jj_row row = { .index = w->table->rows++ };
    struct jj_column **column = w->column;
    for (unsigned e = 0; e < w->extract->extractors; e++) {
        row.columns = column;
        extractor(e)->finish(memory ? memory + w->extract->state_offset[e] : NULL, view, &row);
        column += extractor(e)->count;
    }
    if (w->table->rows == JJ_TABLE_ROWS)
        turn_over(w);
}

static void end(void *state, struct jj_flow *flow, const struct jj_record *records, size_t count)
{
    struct worker *w = state;
    struct jj_view view = view_of(w, flow, records, count);
    if (flow->state) {
        if (count > 0)
            fold(w, flow, records, count);
        finish(w, jj_slab_at(&w->states, flow->state), &view);
        jj_slab_give(&w->states, flow->state);
        return;
    }
    struct jj_carry carry = { 0 };
    if (count > 0 && jj_columns_fill(&w->columns, &view, &carry) == 0)
        finish(w, NULL, &view);
}

static void flush(void *state)
{
    turn_over(state);
}

const struct jj_consumer_ops jj_extract_consumer = {
    .open = open_worker,
    .fold = fold,
    .end = end,
    .flush = flush,
    .close = close_worker,
};
