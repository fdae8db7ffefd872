/*
 * lockstep=on: network and guest take turns, so that runs can be repeated.
 *
 * With `-icount` a guest's virtual time is its instructions, but a frame
 * would come at whatever instruction the host's network happens to wake
 * QEMU. Here a frame waits until every vCPU is halted: in a held load, in
 * WFI, or powered off. Two runs with a client that waits for each reply then
 * see the same virtual time line.
 *
 * All halted. Under `-icount` one thread runs all vCPUs in turn. `halted` is
 * set inside that thread before it has accounted for the instructions, so
 * another thread that finds all vCPUs halted must not yet read the clock.
 * The frame is therefore given to the model by a work item on that thread,
 * which runs between vCPUs, when all is accounted for; it looks again. A
 * waiting item also makes QEMU consider the vCPUs busy, which keeps the main
 * loop from moving the clock ahead to some timer meanwhile.
 *
 * When the last one halts. The thread then wakes the main loop
 * (rr_cpu_thread_fn, since under `-icount` idle time is the main loop's), and
 * a frame that comes later wakes it by itself. Every turn of the main loop
 * calls the notifier below, after it has read frames and before it moves
 * the clock.
 *
 * The scheduler's own timer. With several vCPUs that thread keeps a timer on
 * the virtual clock, 100 ms ahead, and removes it only when it goes to sleep.
 * A main loop that turns for another reason just before that would move the
 * clock to it. So when all are halted and there is a timer, the thread gets
 * an empty work item first, and ends up asleep, without its timer; a timer
 * that is still there at the next turn is the guest's, and moves the clock.
 *
 * Time stands still while all are halted: when idle, QEMU moves the virtual
 * clock to the next timer, except timers with QEMU_TIMER_ATTR_EXTERNAL, so
 * the model's timer is one. It still ends a running vCPU's turn on time. A
 * timer of the guest's own moves the clock as ever: a kernel that lets one
 * tick while idle gives up the repeatability, not its progress.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "lauberhorn.h"
#include "qemu/main-loop.h"
#include "sysemu/cpus.h"

/* A client in lockstep has a frame or a few under way; more is held back. */
#define WAITING_FRAMES_MAX 256

/* On the vCPUs' thread, between vCPUs, under the big lock. */
static void deliver_work(CPUState *cpu, run_on_cpu_data data)
{
    LauberhornState *s = data.host_ptr;
    bool was_full = !lauberhorn_lockstep_has_room(s);

    s->delivery_scheduled = false;
    while (!g_queue_is_empty(&s->waiting) && lauberhorn_all_halted()) {
        uint64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
        GBytes *frame;
        size_t length;
        const uint8_t *bytes;

        /* A deadline that is now comes first, whichever thread is faster. */
        if (s->armed_deadline <= now) {
            lauberhorn_model_advance(s->model, now);
            lauberhorn_run_outputs(s);
            continue;
        }
        frame = g_queue_pop_head(&s->waiting);
        bytes = g_bytes_get_data(frame, &length);
        lauberhorn_give_frame(s, bytes, length);
        g_bytes_unref(frame);
    }
    if (was_full && lauberhorn_lockstep_has_room(s)) {
        qemu_flush_queued_packets(qemu_get_queue(s->nic));
    }
}

static void settle_work(CPUState *cpu, run_on_cpu_data data)
{
}

/* QEMU moves the clock, if it does, after this and under the same lock. */
static void main_loop_turned(Notifier *notifier, void *data)
{
    LauberhornState *s = container_of(notifier, LauberhornState,
                                      main_loop_notifier);
    MainLoopPoll *poll = data;

    if (poll->state == MAIN_LOOP_POLL_FILL) {
        return;
    }
    if (!lauberhorn_all_halted()) {
        s->settled = false;
    } else if (!g_queue_is_empty(&s->waiting)) {
        s->settled = false;
        if (!s->delivery_scheduled) {
            s->delivery_scheduled = true;
            async_run_on_cpu(first_cpu, deliver_work, RUN_ON_CPU_HOST_PTR(s));
        }
    } else if (qemu_clock_deadline_ns_all(QEMU_CLOCK_VIRTUAL,
                                          ~QEMU_TIMER_ATTR_EXTERNAL) >= 0) {
        if (!s->settled) {
            async_run_on_cpu(first_cpu, settle_work, RUN_ON_CPU_NULL);
        }
        s->settled = !s->settled;
    }
}

bool lauberhorn_lockstep_has_room(LauberhornState *s)
{
    return g_queue_get_length(&s->waiting) < WAITING_FRAMES_MAX;
}

void lauberhorn_lockstep_queue(LauberhornState *s, const uint8_t *frame,
                               size_t length)
{
    g_queue_push_tail(&s->waiting, g_bytes_new(frame, length));
    /*
     * Our poll notifier may have run before the user network's in this turn
     * of the main loop; without another turn the frame would wait until some
     * other event.
     */
    qemu_notify_event();
}

void lauberhorn_init_lockstep(LauberhornState *s)
{
    g_queue_init(&s->waiting);
    s->main_loop_notifier.notify = main_loop_turned;
    main_loop_poll_add_notifier(&s->main_loop_notifier);
}

void lauberhorn_reset_lockstep(LauberhornState *s)
{
    lauberhorn_clear_frames(&s->waiting);
}

void lauberhorn_exit_lockstep(LauberhornState *s)
{
    main_loop_poll_remove_notifier(&s->main_loop_notifier);
    lauberhorn_reset_lockstep(s);
}
