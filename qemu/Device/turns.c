/*
 * Short turns of the vCPUs under `-icount`.
 *
 * With `-icount` one thread runs all vCPUs in turn, and virtual time goes on
 * by the instructions of whichever has its turn. QEMU gives each as many as
 * there are until the next timer of the virtual clock (icount_get_limit), or
 * 100 ms; what ends a turn earlier is a held load, WFI, or a kick. A write to
 * a core's own timer is one, when that timer is now the next: the budget has
 * to be computed anew. So a busy core keeps its turn for long, and two things
 * follow that no machine does:
 *
 * - Others starve. A core whose timer interrupts every 200 us sets it in its
 *   handler, which ends the turn; the busy ones then have the 200 us that are
 *   left to the next interrupt, and it is pending when the turn comes back.
 *   The handler runs for ever, what it interrupted never: not even the held
 *   load of a worker whose call is there. Later versions give every vCPU its
 *   share of the budget (icount_percpu_budget), Debian's 7.2 does not.
 * - Interrupts and answers of lines come late, by the turns of the others.
 *
 * So a turn ends here after the property `turn`, and after its share of the
 * time to the next timer: one over the number of vCPUs that have something to
 * do. Whoever sets a timer has a turn again before it rings.
 *
 * By a kick, not by a timer: a timer would keep the clock running while all
 * cores are halted (lockstep.c), and QEMU starts the vCPU after one whose
 * budget a timer ended with no budget at all.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "lauberhorn.h"
#include "hw/boards.h"
#include "qemu/qemu-plugin.h"
#include "sysemu/cpu-timers.h"

#define NOBODY UINT_MAX

/* In nanoseconds; 0: as QEMU has it. */
static uint64_t turn_nanoseconds;

/* All vCPUs run on one thread, the only one that comes here. */
static struct {
    unsigned int vcpu;
    int64_t instructions_left;
} turn = { .vcpu = NOBODY };

static int64_t share_of_budget(CPUState *current)
{
    int64_t busy = 0;
    CPUState *cpu;

    CPU_FOREACH(cpu) {
        busy += !cpu->halted || cpu_has_work(cpu);
    }
    return current->icount_budget / MAX(busy, 1);
}

static void block_begins(unsigned int vcpu, void *instructions)
{
    if (turn.vcpu != vcpu) {
        turn.vcpu = vcpu;
        turn.instructions_left = MIN(icount_round(turn_nanoseconds),
                                     share_of_budget(current_cpu));
    }
    turn.instructions_left -= GPOINTER_TO_UINT(instructions);
    if (turn.instructions_left <= 0) {
        turn.vcpu = NOBODY;
        cpu_exit(current_cpu);
    }
}

void lauberhorn_limit_turn(struct qemu_plugin_tb *block)
{
    if (turn_nanoseconds > 0) {
        qemu_plugin_register_vcpu_tb_exec_cb(
            block, block_begins, QEMU_PLUGIN_CB_NO_REGS,
            GUINT_TO_POINTER(qemu_plugin_tb_n_insns(block)));
    }
}

void lauberhorn_init_turns(LauberhornState *s)
{
    /* A vCPU alone has nobody to give way to. */
    if (icount_enabled() && current_machine->smp.max_cpus > 1) {
        turn_nanoseconds = s->turn;
    }
}
