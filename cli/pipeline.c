/* SPDX-License-Identifier: MIT */
#include "cli/pipeline.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "jj/sink.h"

#include "engine/capture/savefile.h"
#include "engine/filter/filter.h"
#include "engine/filter/splice.h"
#include "extract/consumer.h"
#include "transport/sink/writer.h"

#define TABLES_PER_WORKER 4

struct jj_pipeline {
    struct jj_pipeline_options options;
    struct jj_schema *schema;
    struct jj_writer *writer;
    struct jj_extract *extract;
    struct jj_engine *engine;
    struct jj_source *source;
    struct jj_savefile *savefile;
    bool save_failed;
    _Atomic uint64_t rows;      /* handed to the writer */
    _Atomic uint64_t rows_lost; /* found no table */
    struct jj_stats final;      /* once the engine is gone */
};

/* Before the writer replaces the file that stands there. */
static int check_filter(const char *expression, struct jj_error *err)
{
    struct jj_filter *filter = NULL;
    int code = expression ? jj_filter_create(&filter, expression, err) : 0;
    if (filter)
        jj_filter_destroy(filter);
    return code;
}

static int create_schema(struct jj_pipeline *pipeline, struct jj_error *err)
{
    const struct jj_options *o = pipeline->options.options;
    bool all = o->features.count == 0;
    for (unsigned i = 0; i < o->features.count; i++)
        all |= strcmp(o->features.items[i], "all") == 0;
    const struct jj_selection selection = {
        .groups = all ? NULL : o->features.items,
        .names = o->feature.items,
        .profile = o->profile ? (uint8_t)jj_profile_find(o->profile) : JJ_PROFILE_NONE,
        .no_ips = o->no_ips,
        .no_ports = o->no_ports,
        .flow_id = o->flow_id,
        .sequences = o->include_sequences,
        .bidir_split = o->bidir_split,
    };
    return jj_schema_create(&pipeline->schema, &selection, err);
}

static int create_writer(struct jj_pipeline *pipeline, struct jj_error *err)
{
    const struct jj_options *o = pipeline->options.options;
    const struct jj_sink_ops *ops = jj_sink_find(o->format);
    const struct jj_sink_options options = {
        .schema = pipeline->schema,
        .compat = o->compat == JJ_COMPAT_JOYFULJAY,
        .flush = pipeline->options.live || !o->output,
    };
    struct jj_sink *sink;
    int code = ops->open(&sink, o->output ? o->output : "-", &options, err);
    if (code)
        return code;
    code = jj_writer_create(&pipeline->writer, sink, (unsigned)o->workers, TABLES_PER_WORKER,
                            pipeline->schema, !pipeline->options.live, err);
    if (code)
        ops->close(sink, NULL);
    return code;
}

static struct jj_table *get_table(void *context, unsigned worker)
{
    struct jj_pipeline *pipeline = context;
    return jj_writer_get(pipeline->writer, worker);
}

static void put_table(void *context, unsigned worker, struct jj_table *table)
{
    struct jj_pipeline *pipeline = context;
    if (pipeline->options.watch)
        pipeline->options.watch(pipeline->options.watch_context, table);
    atomic_fetch_add_explicit(&pipeline->rows, table->rows, memory_order_relaxed);
    jj_writer_put(pipeline->writer, worker, table);
    if (jj_writer_failed(pipeline->writer))
        jj_engine_stop(pipeline->engine);
}

static void count_dropped(void *context, unsigned worker, unsigned rows)
{
    struct jj_pipeline *pipeline = context;
    (void)worker;
    atomic_fetch_add_explicit(&pipeline->rows_lost, rows, memory_order_relaxed);
}

static int create_extract(struct jj_pipeline *pipeline, struct jj_error *err)
{
    const struct jj_options *o = pipeline->options.options;
    const struct jj_extract_options options = {
        .schema = pipeline->schema,
        .compat = o->compat == JJ_COMPAT_JOYFULJAY,
        .exact = o->exact,
        .salt = o->salt,
        .anonymize_ips = o->anonymize_ips,
        .workers = (unsigned)o->workers,
        .burst_threshold = (double)o->burst_threshold / 1e9,
        .sequence_length = (unsigned)o->max_sequence,
        .get = get_table,
        .put = put_table,
        .dropped = count_dropped,
        .context = pipeline,
    };
    return jj_extract_create(&pipeline->extract, &options, err);
}

static int save_frames(void *context, const struct jj_source *source, const struct jj_frame *frames,
                       unsigned count, struct jj_error *err)
{
    struct jj_pipeline *pipeline = context;
    (void)source;
    int code = jj_savefile_write(pipeline->savefile, frames, count, err);
    if (code < 0)
        pipeline->save_failed = true;
    return code;
}

static int create_engine(struct jj_pipeline *pipeline, struct jj_error *err)
{
    const struct jj_options *o = pipeline->options.options;
    const struct jj_engine_options options = {
        .consumer_ops = &jj_extract_consumer,
        .consumer = pipeline->extract,
        .workers = (unsigned)o->workers,
        .idle_timeout = o->timeout,
        .active_timeout = o->active_timeout,
        .max_flows = (uint32_t)o->max_flows,
        .tcp_end = (uint8_t)o->tcp_end, /* the words of the options are in the enum's order */
        .tunnel = (uint8_t)o->tunnel,
        .exact = o->exact,
        .compat = o->compat == JJ_COMPAT_JOYFULJAY,
        .filter = o->filter,
        .max_packets = o->count,
        .max_duration = o->duration,
        .on_frames = o->save_pcap ? save_frames : NULL,
        .on_frames_context = pipeline,
    };
    return jj_engine_create(&pipeline->engine, &options, err);
}

int jj_pipeline_create(struct jj_pipeline **out, const struct jj_pipeline_options *options,
                       struct jj_error *err)
{
    struct jj_pipeline *pipeline = calloc(1, sizeof *pipeline);
    if (!pipeline)
        return jj_fail(err, -ENOMEM, "no memory for the pipeline");
    pipeline->options = *options;
    int code = check_filter(options->options->filter, err);
    if (!code)
        code = create_schema(pipeline, err);
    if (!code)
        code = create_writer(pipeline, err);
    if (!code)
        code = create_extract(pipeline, err);
    if (!code)
        code = create_engine(pipeline, err);
    if (code)
        jj_pipeline_destroy(pipeline);
    else
        *out = pipeline;
    return code;
}

int jj_pipeline_open(struct jj_pipeline *pipeline, const struct jj_source_ops *ops,
                     const char *where, struct jj_error *err)
{
    const struct jj_options *o = pipeline->options.options;
    const struct jj_source_options options = {
        .snaplen = (uint32_t)o->snaplen,
        .ring_bytes = (uint32_t)o->ring_size,
        .promiscuous = true,
        .generic = o->generic,
#if JJ_HAVE_BPF
        .filter = o->filter,
        .load_filtered = jj_splice_load,
#endif
    };
    int code = 0;
#if JJ_HAVE_BPF
    if (o->filter && ops->live)
        code = jj_splice_register(err);
    if (code)
        return code;
#endif
    code = ops->open(&pipeline->source, where, &options, err);
    if (code || !o->save_pcap)
        return code;
    if (pipeline->savefile)
        jj_savefile_source(pipeline->savefile, pipeline->source);
    else
        code = jj_savefile_open(&pipeline->savefile, o->save_pcap, pipeline->source, err);
    if (code) {
        pipeline->save_failed = true;
        jj_pipeline_close(pipeline);
    }
    return code;
}

int jj_pipeline_run(struct jj_pipeline *pipeline, struct jj_error *err)
{
    return jj_engine_run(pipeline->engine, pipeline->source, err);
}

const char *jj_pipeline_note(const struct jj_pipeline *pipeline)
{
    const struct jj_source *source = pipeline->source;
    return source && source->ops->note ? source->ops->note(source) : NULL;
}

void jj_pipeline_close(struct jj_pipeline *pipeline)
{
    if (pipeline->source)
        pipeline->source->ops->close(pipeline->source);
    pipeline->source = NULL;
}

bool jj_pipeline_broken(const struct jj_pipeline *pipeline)
{
    return pipeline->save_failed || jj_writer_failed(pipeline->writer);
}

bool jj_pipeline_sated(const struct jj_pipeline *pipeline)
{
    struct jj_stats stats;
    uint64_t count = pipeline->options.options->count;
    jj_engine_stats(pipeline->engine, &stats);
    uint64_t taken = stats.received - stats.filtered - stats.ring_full - stats.failed;
    return count && taken >= count;
}

/* The order matters: the engine hands the last rows to the extractors, they to the writer. */
int jj_pipeline_finish(struct jj_pipeline *pipeline, struct jj_error *err)
{
    struct jj_writer *writer = pipeline->writer;
    jj_engine_stats(pipeline->engine, &pipeline->final);
    jj_engine_destroy(pipeline->engine); /* put_table needs it until here */
    pipeline->engine = NULL;
    jj_extract_destroy(pipeline->extract);
    pipeline->extract = NULL;

    uint64_t taken = jj_writer_rows(writer), all = pipeline->rows;
    pipeline->writer = NULL;
    int code = jj_writer_close(writer, err);
    pipeline->final.rows = code ? taken : all;
    pipeline->final.rows_dropped = pipeline->rows_lost + (code ? all - taken : 0);
    struct jj_savefile *savefile = pipeline->savefile;
    pipeline->savefile = NULL;
    int saved = savefile ? jj_savefile_close(savefile, &pipeline->final, code ? NULL : err) : 0;
    return code ? code : saved;
}

void jj_pipeline_stop(void *context)
{
    struct jj_pipeline *pipeline = context;
    jj_engine_stop(pipeline->engine);
}

void jj_pipeline_stats(const struct jj_pipeline *pipeline, struct jj_stats *out)
{
    if (!pipeline->engine) {
        *out = pipeline->final;
        return;
    }
    jj_engine_stats(pipeline->engine, out);
    out->rows = jj_writer_rows(pipeline->writer);
    out->rows_dropped = jj_writer_rows_dropped(pipeline->writer) + pipeline->rows_lost;
}

void jj_pipeline_destroy(struct jj_pipeline *pipeline)
{
    if (!pipeline)
        return;
    jj_pipeline_close(pipeline);
    if (pipeline->engine)
        jj_engine_destroy(pipeline->engine);
    jj_extract_destroy(pipeline->extract);
    if (pipeline->writer)
        jj_writer_close(pipeline->writer, NULL);
    if (pipeline->savefile)
        jj_savefile_close(pipeline->savefile, NULL, NULL);
    jj_schema_destroy(pipeline->schema);
    free(pipeline);
}
