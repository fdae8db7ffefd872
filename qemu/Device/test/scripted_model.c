/*
 * A model that interrupts held loads, to test the device and interrupts.S.
 *
 * It stands in for libLauberhornModel.so behind the same interface:
 *
 *   line offset 0x000  held; at the stall limit SGI 8; answered, without a
 *                      wake, once offset 0x100 was stored to
 *   line offset 0x080  held; at the stall limit SGI 15, at the next one it is
 *                      answered and the core is woken
 *   line offset 0x200  instructions of this core
 *   line offset 0x208  kernel entries of this core
 *
 * An answered load reads how often it was executed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>

#include "lauberhorn_model.h"

#define INTERRUPTED_LINE 0x000
#define WOKEN_LINE 0x080
#define ANSWER 0x100
#define INSTRUCTIONS 0x200
#define KERNEL_ENTRIES 0x208

struct LauberhornModel {
    uint64_t stall_limit;
    uint64_t deadline;
    uint64_t held_offset;
    uint64_t executions;
    uint16_t core;
    bool answered;
    unsigned stalls;
    LauberhornOutput outputs[8];
    unsigned first, end;
};

static void put(LauberhornModel *model, LauberhornOutputKind kind,
                uint8_t interrupt)
{
    model->outputs[model->end++ % 8] = (LauberhornOutput) {
        .kind = kind, .core = model->core, .interrupt = interrupt,
    };
}

LauberhornModel *lauberhorn_model_create(const LauberhornConfiguration *c)
{
    LauberhornModel *model = calloc(1, sizeof(*model));

    model->stall_limit = c->stall_limit_nanoseconds;
    model->deadline = UINT64_MAX;
    return model;
}

void lauberhorn_model_destroy(LauberhornModel *model)
{
    free(model);
}

bool lauberhorn_model_line_load(LauberhornModel *model,
                                const LauberhornAccess *access,
                                uint64_t offset, unsigned size,
                                uint64_t *value)
{
    (void)size;
    if (offset == INSTRUCTIONS || offset == KERNEL_ENTRIES) {
        *value = offset == INSTRUCTIONS ? access->instructions
                                        : access->kernel_entries;
        return true;
    }
    if (model->executions == 0) {
        model->core = access->core;
        model->held_offset = offset;
        model->stalls = 0;
        model->deadline = access->now_nanoseconds + model->stall_limit;
    }
    model->executions++;
    if (!model->answered) {
        return false;
    }
    *value = model->executions;
    model->executions = 0;
    model->answered = false;
    return true;
}

uint64_t lauberhorn_model_line_inspect(const LauberhornModel *model,
                                       uint64_t offset, unsigned size)
{
    (void)model;
    (void)size;
    return offset;
}

void lauberhorn_model_line_store(LauberhornModel *model,
                                 const LauberhornAccess *access,
                                 uint64_t offset, unsigned size,
                                 uint64_t value)
{
    (void)access, (void)size, (void)value;
    if (offset == ANSWER && model->executions > 0) {
        model->answered = true;
    }
}

uint64_t lauberhorn_model_deadline(const LauberhornModel *model)
{
    return model->deadline;
}

void lauberhorn_model_advance(LauberhornModel *model, uint64_t now)
{
    if (now < model->deadline) {
        return;
    }
    model->stalls++;
    model->deadline = UINT64_MAX;
    if (model->held_offset == INTERRUPTED_LINE) {
        put(model, LAUBERHORN_OUTPUT_INTERRUPT, 8);
    } else if (model->stalls == 1) {
        put(model, LAUBERHORN_OUTPUT_INTERRUPT, 15);
        model->deadline = now + model->stall_limit;
    } else {
        model->answered = true;
        put(model, LAUBERHORN_OUTPUT_WAKE, 0);
    }
}

bool lauberhorn_model_next_output(LauberhornModel *model,
                                  LauberhornOutput *output)
{
    if (model->first == model->end) {
        return false;
    }
    *output = model->outputs[model->first++ % 8];
    return true;
}

uint64_t lauberhorn_model_register_read(LauberhornModel *model,
                                        const LauberhornAccess *access,
                                        uint64_t offset)
{
    (void)model, (void)access, (void)offset;
    return 0;
}

void lauberhorn_model_register_write(LauberhornModel *model,
                                     const LauberhornAccess *access,
                                     uint64_t offset, uint64_t value)
{
    (void)model, (void)access, (void)offset, (void)value;
}

void lauberhorn_model_receive(LauberhornModel *model, uint64_t now,
                              const uint8_t *frame, size_t length)
{
    (void)model, (void)now, (void)frame, (void)length;
}

uint64_t lauberhorn_model_counter(const LauberhornModel *model,
                                  unsigned number)
{
    (void)model, (void)number;
    return 0;
}

const char *lauberhorn_model_counter_name(unsigned number)
{
    (void)number;
    return NULL;
}

bool lauberhorn_model_view_line(const LauberhornModel *model, unsigned number,
                                char *text, size_t size)
{
    (void)model;
    (void)number;
    (void)text;
    (void)size;
    return false;
}
