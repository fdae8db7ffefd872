/*
 * An idle machine's clock, while there are frames to come (replay.c).
 *
 * Under `-icount` with sleep=off, an idle machine's virtual clock moves to the
 * next timer at once. QEMU's main loop does that, when it finds all vCPUs
 * halted. But a vCPU is halted before its thread has accounted for what it
 * executed (lockstep.c), and if the main loop happens to turn in between, it
 * moves the clock from a time that has not come yet: a nanosecond or thousands
 * too far, in one run of many. Whether the thread got to sleep before, and
 * removed its own timer, is up to the host's scheduler as well.
 *
 * So here the thread that runs the vCPUs does it: the last vCPU that halts
 * leaves a work item, which runs when all is accounted for, moves the clock,
 * and runs timers until a vCPU has something to do. While the item waits, the
 * main loop considers the machine busy. Two runs with the same frames then
 * have the same virtual time line, with any number of cores.
 *
 * Only while frames are to come or an end is: otherwise the clock would run
 * away from a machine that nobody calls, with the main loop looking on.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "lauberhorn.h"
#include "hw/core/cpu.h"
#include "qemu/qemu-plugin.h"
#include "sysemu/cpu-timers.h"
#include "sysemu/cpus.h"

#define WFI 0xd503207f

/* The device whose replay makes time go on; NULL: time is QEMU's business. */
static LauberhornState *timekeeper;

static bool others_are_halted(const CPUState *current)
{
    CPUState *cpu;

    CPU_FOREACH(cpu) {
        if (cpu != current && (!cpu->halted || cpu_has_work(cpu))) {
            return false;
        }
    }
    return true;
}

bool lauberhorn_all_halted(void)
{
    return others_are_halted(NULL);
}

/* On the vCPUs' thread, between vCPUs, under the big lock. */
static void move_clock(CPUState *cpu, run_on_cpu_data data)
{
    LauberhornState *s = data.host_ptr;

    while (lauberhorn_all_halted() && lauberhorn_replay_goes_on(s)) {
        if (!cpu_work_list_empty(cpu)) {
            /* For QEMU that is a vCPU with something to do; after it, then. */
            async_run_on_cpu(cpu, move_clock, data);
            return;
        }
        icount_start_warp_timer();
        if (!qemu_clock_expired(QEMU_CLOCK_VIRTUAL)) {
            /* The machine is stopped, or the clock waits for the host's. */
            return;
        }
        qemu_clock_run_timers(QEMU_CLOCK_VIRTUAL);
    }
}

/* On the vCPU's thread, before it is halted. */
void lauberhorn_core_halts(CPUState *cpu)
{
    if (timekeeper && lauberhorn_replay_goes_on(timekeeper)
        && others_are_halted(cpu)) {
        async_run_on_cpu(cpu, move_clock, RUN_ON_CPU_HOST_PTR(timekeeper));
    }
}

static void wait_begins(unsigned int vcpu, void *unused)
{
    lauberhorn_core_halts(current_cpu);
}

/* While a block is translated: held loads are not the only way to halt. */
void lauberhorn_watch_wait(struct qemu_plugin_insn *instruction)
{
    uint32_t word = ldl_le_p(qemu_plugin_insn_data(instruction));

    if (timekeeper && word == WFI) {
        qemu_plugin_register_vcpu_insn_exec_cb(instruction, wait_begins,
                                               QEMU_PLUGIN_CB_NO_REGS, NULL);
    }
}

void lauberhorn_init_idle(LauberhornState *s)
{
    /* After the replay's timers were set; without `-icount`, time is real. */
    if (icount_enabled() && lauberhorn_replay_goes_on(s)) {
        timekeeper = s;
    }
}

void lauberhorn_exit_idle(LauberhornState *s)
{
    timekeeper = NULL;
}
