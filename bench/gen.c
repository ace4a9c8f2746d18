/* SPDX-License-Identifier: MIT
 *
 * bench-gen OUTPUT --packets N --flows M --seed S [--size B | --mix]: writes a synthetic capture,
 * the same for the same options everywhere. Packets come 20 us apart on average. Half of the
 * conversations are TCP, half UDP, all equally long; --mix has DNS, pings and scans too, and the
 * few long conversations that carry most of the traffic. --size makes all frames B bytes. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/talk.h"

enum { AT_A_TIME = 2000, IPV6_LEAST = 80 };

struct plan {
    uint64_t packets, flows, seed;
    unsigned size;
    bool mix;
};

/* Conversations are begun in order. Each has one packet for certain; the others are dealt out by
 * weight, so that exactly plan.packets come out. */
struct queue {
    const struct plan *plan;
    uint64_t begun;
    uint64_t weight;     /* of those that were begun */
    uint64_t all_weight; /* of all */
};

static enum talk_kind kind_of(const struct plan *plan, uint64_t dice)
{
    unsigned of_100 = (unsigned)(dice >> 16) % 100;
    if (!plan->mix)
        return of_100 < 50 ? TALK_TCP : TALK_UDP;
    return of_100 < 45   ? TALK_TCP
           : of_100 < 73 ? TALK_DNS
           : of_100 < 83 ? TALK_UDP
           : of_100 < 86 ? TALK_PING
                         : TALK_SCAN;
}

/* Lengths follow a Pareto law of index 1 within 1:1000, where conversations have any length. */
static uint64_t weight_of(const struct plan *plan, uint64_t number)
{
    uint64_t dice = talk_dice(plan->seed ^ talk_dice(number));
    enum talk_kind kind = kind_of(plan, dice);
    if (!plan->mix)
        return 1000;
    if (kind == TALK_TCP || kind == TALK_UDP)
        return 8 + 8000000 / (1000 + (talk_dice(dice) >> 20) % 1000000);
    return 1;
}

static bool begin(struct talk *talk, struct queue *queue)
{
    const struct plan *plan = queue->plan;
    uint64_t number = queue->begun;
    if (number == plan->flows)
        return false;
    uint64_t dice = talk_dice(plan->seed ^ talk_dice(number));
    double share = (double)(plan->packets - plan->flows) / (double)queue->all_weight;
    uint64_t from = (uint64_t)((double)queue->weight * share + 0.5);
    queue->weight += weight_of(plan, number);
    uint64_t to = (uint64_t)((double)queue->weight * share + 0.5);
    queue->begun++;
    *talk = (struct talk){
        .dice = dice,
        .number = (uint32_t)number,
        .length = (uint32_t)(1 + to - from),
        .kind = (uint8_t)kind_of(plan, dice),
        .seq = { (uint32_t)dice, (uint32_t)(dice >> 32) },
        .ipv6 = (dice >> 24) % 100 < 15 && (plan->size == 0 || plan->size >= IPV6_LEAST),
    };
    return true;
}

static void put32(uint8_t *to, uint64_t value)
{
    for (unsigned i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> 8 * i);
}

static void write_record(FILE *out, uint64_t us, const uint8_t *frame, unsigned size)
{
    uint8_t header[16];
    put32(header, us / 1000000);
    put32(header + 4, us % 1000000);
    put32(header + 8, size);
    put32(header + 12, size);
    fwrite(header, 1, sizeof header, out);
    fwrite(frame, 1, size, out);
}

/* Of the conversations under way, one after another is chosen to say something. */
static void write_packets(FILE *out, struct queue *queue)
{
    static struct talk active[AT_A_TIME];
    uint8_t frame[TALK_LARGEST];
    unsigned count = 0;
    uint64_t us = 1700000000000000, dice = queue->plan->seed;
    while (count < AT_A_TIME && begin(&active[count], queue))
        count++;
    while (count > 0) {
        dice = talk_dice(dice);
        struct talk *talk = &active[dice % count];
        us += 1 + (dice >> 32) % 39;
        write_record(out, us, frame, talk_next(talk, frame, queue->plan->size));
        if (talk->said == talk->length && !begin(talk, queue))
            *talk = active[--count];
    }
}

static int generate(const char *path, const struct plan *plan)
{
    static const uint8_t header[24] = { 0xd4, 0xc3, 0xb2, 0xa1, 2, [6] = 4, [18] = 4, [20] = 1 };
    struct queue queue = { .plan = plan };
    FILE *out = fopen(path, "wb");
    if (!out) {
        perror(path);
        return 1;
    }
    for (uint64_t i = 0; i < plan->flows; i++)
        queue.all_weight += weight_of(plan, i);
    fwrite(header, 1, sizeof header, out);
    write_packets(out, &queue);
    bool failed = ferror(out);
    if (fclose(out) || failed) {
        perror(path);
        return 1;
    }
    return 0;
}

static bool parse(struct plan *plan, int argc, char **argv)
{
    static const struct option options[] = {
        { "packets", required_argument, NULL, 'p' }, { "flows", required_argument, NULL, 'f' },
        { "seed", required_argument, NULL, 's' },    { "size", required_argument, NULL, 'b' },
        { "mix", no_argument, NULL, 'm' },           { 0 },
    };
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        uint64_t value = optarg ? strtoull(optarg, NULL, 10) : 0;
        switch (option) {
        case 'p':
            plan->packets = value;
            break;
        case 'f':
            plan->flows = value;
            break;
        case 's':
            plan->seed = value;
            break;
        case 'b':
            plan->size = (unsigned)value;
            break;
        case 'm':
            plan->mix = true;
            break;
        default:
            return false;
        }
    }
    bool size_fits = plan->size == 0 ||
                     (plan->size >= TALK_SMALLEST && plan->size <= TALK_LARGEST && !plan->mix);
    return optind == argc - 1 && plan->flows > 0 && plan->flows <= 1u << 24 &&
           plan->packets >= plan->flows && size_fits;
}

int main(int argc, char **argv)
{
    struct plan plan = { .packets = 600000, .flows = 30000, .seed = 1 };
    if (!parse(&plan, argc, argv)) {
        fprintf(stderr,
                "usage: bench-gen OUTPUT [--packets N] [--flows M] [--seed S] [--size B | --mix]\n"
                "N >= M, M <= 16,777,216, B from %d to %d\n",
                TALK_SMALLEST, TALK_LARGEST);
        return 2;
    }
    return generate(argv[optind], &plan);
}
