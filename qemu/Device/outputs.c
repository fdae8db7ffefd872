/*
 * What the model asks for: frames, wakes, interrupts, records, time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "lauberhorn.h"
#include "gicv3_internal.h"
#include "qemu/log.h"

/* Ends a held load: the core finds work and executes the load again. */
static void wake_core(unsigned int core)
{
    CPUState *cpu = qemu_get_cpu(core);

    if (cpu) {
        lauberhorn_restore_interrupts(cpu);
        cpu_interrupt(cpu, CPU_INTERRUPT_EXITTB);
    }
}

/*
 * As from Enzian's FPGA, whose message reaches the redistributor beside the
 * cores' own: there is no sender whose rights would be checked, so the SGI is
 * raised in the group that the kernel put it in.
 */
static void raise_interrupt(LauberhornState *s, unsigned int core, int sgi)
{
    GICv3CPUState *redistributor;

    if (core >= s->gic->num_cpu || sgi >= GIC_NR_SGIS) {
        return;
    }
    redistributor = &s->gic->cpu[core];
    gicv3_redist_send_sgi(redistributor,
                          gicv3_irq_group(s->gic, redistributor, sgi), sgi,
                          false);
}

static void run_output(LauberhornState *s, const LauberhornOutput *output)
{
    switch (output->kind) {
    case LAUBERHORN_OUTPUT_NONE:
        break;
    case LAUBERHORN_OUTPUT_TRANSMIT:
        g_queue_push_tail(&s->transmit,
                          g_bytes_new(output->bytes, output->length));
        break;
    case LAUBERHORN_OUTPUT_WAKE:
        wake_core(output->core);
        break;
    case LAUBERHORN_OUTPUT_INTERRUPT:
        raise_interrupt(s, output->core, output->interrupt);
        break;
    case LAUBERHORN_OUTPUT_CALL:
        lauberhorn_write_record(s, &output->call);
        break;
    case LAUBERHORN_OUTPUT_EVENT:
        lauberhorn_write_event(s, &output->event);
        break;
    case LAUBERHORN_OUTPUT_VIOLATION:
        s->violations++;
        qemu_log_mask(LOG_GUEST_ERROR, "lauberhorn: %.*s\n",
                      (int)output->length, (const char *)output->bytes);
        break;
    }
}

static void set_timer(LauberhornState *s)
{
    uint64_t deadline = MIN(lauberhorn_model_deadline(s->model),
                            lauberhorn_replay_deadline(s));

    if (deadline == s->armed_deadline) {
        return;
    }
    s->armed_deadline = deadline;
    if (deadline > INT64_MAX) {
        timer_del(&s->timer);
    } else {
        timer_mod(&s->timer, deadline);
    }
}

/*
 * Frames are sent after all other outputs, and after the records are with
 * the operating system: who sees a reply can read the record of its call.
 * Sending may hand the device a frame at once (a hub that loops back), so
 * more outputs; the loop here carries them out, not one inside it.
 */
void lauberhorn_run_outputs(LauberhornState *s)
{
    LauberhornOutput output;
    GBytes *frame;

    if (s->in_outputs) {
        return;
    }
    s->in_outputs = true;
    do {
        while (lauberhorn_model_next_output(s->model, &output)) {
            run_output(s, &output);
        }
        frame = g_queue_pop_head(&s->transmit);
        if (frame) {
            size_t length;
            const uint8_t *bytes = g_bytes_get_data(frame, &length);

            lauberhorn_flush_records(s);
            lauberhorn_flush_events(s);
            qemu_send_packet(qemu_get_queue(s->nic), bytes, length);
            g_bytes_unref(frame);
        }
    } while (frame);
    lauberhorn_flush_records(s);
    lauberhorn_flush_events(s);
    s->in_outputs = false;
    set_timer(s);
}

static void deadline_came(void *opaque)
{
    LauberhornState *s = opaque;

    uint64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);

    s->armed_deadline = UINT64_MAX;
    /* One thing at a time: what else is due has the timer ring at once. */
    if (lauberhorn_model_deadline(s->model) > now
        && lauberhorn_replay_deadline(s) <= now) {
        lauberhorn_replay_frame(s);
    } else {
        lauberhorn_model_advance(s->model, now);
        lauberhorn_run_outputs(s);
    }
}

void lauberhorn_init_outputs(LauberhornState *s)
{
    g_queue_init(&s->transmit);
    /* lockstep.c says what the attribute is for. */
    timer_init_full(&s->timer, NULL, QEMU_CLOCK_VIRTUAL, SCALE_NS,
                    s->lockstep ? QEMU_TIMER_ATTR_EXTERNAL : 0,
                    deadline_came, s);
    s->armed_deadline = UINT64_MAX;
}

void lauberhorn_reset_outputs(LauberhornState *s)
{
    lauberhorn_clear_frames(&s->transmit);
    timer_del(&s->timer);
    s->armed_deadline = UINT64_MAX;
}
