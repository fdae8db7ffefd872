/*
 * The two windows, and the loads that the NIC holds.
 *
 * To QEMU the line window is I/O: every load and store of a guest comes here,
 * in program order of its core, under the big lock.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "lauberhorn.h"
#include "exec/exec-all.h"
#include "qemu/log.h"

static LauberhornAccess access_now(void)
{
    /* No vCPU: the monitor or qtest, which may read and write registers. */
    unsigned int core = current_cpu ? current_cpu->cpu_index : 0;

    return (LauberhornAccess) {
        .now_nanoseconds = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL),
        .instructions = lauberhorn_counts[core].instructions,
        .kernel_entries = lauberhorn_counts[core].kernel_entries,
        .core = core,
    };
}

/*
 * Stops the core before its load: the state is rolled back to the load's
 * instruction, and the core sleeps until it has work, which is an interrupt
 * or the CPU_INTERRUPT_EXITTB that a WAKE output raises. Then the load is
 * executed again, after the handler if an interrupt was taken first.
 *
 * The big lock, taken by the access, is released by the execution loop, as
 * for hw/misc/mips_itu.c. A wake cannot be lost: it needs that lock too, so
 * it comes after `halted` was set, and the loop looks for work before it
 * sleeps.
 */
static G_NORETURN void hold_load(CPUState *cpu)
{
    /* The callback before the load counted it; it will be counted again. */
    if (lauberhorn_counts_instructions()) {
        lauberhorn_counts[cpu->cpu_index].instructions--;
    }
    cpu->halted = 1;
    cpu->exception_index = EXCP_HLT;
    cpu_loop_exit_restore(cpu, cpu->mem_io_pc);
}

static uint64_t lines_read(void *opaque, hwaddr offset, unsigned size)
{
    LauberhornState *s = opaque;
    LauberhornAccess access;
    uint64_t value = 0;
    bool answered;

    if (!current_cpu) {
        /*
         * A look from outside must change nothing, but a load acknowledges;
         * and there is no core that could be held.
         */
        qemu_log_mask(LOG_GUEST_ERROR, "lauberhorn: line load at 0x%" HWADDR_PRIx
                      " without a core, reads as 0\n", offset);
        return 0;
    }
    access = access_now();
    answered = lauberhorn_model_line_load(s->model, &access, offset, size,
                                          &value);
    lauberhorn_run_outputs(s);
    if (!answered) {
        hold_load(current_cpu);
    }
    return value;
}

static void lines_write(void *opaque, hwaddr offset, uint64_t value,
                        unsigned size)
{
    LauberhornState *s = opaque;
    LauberhornAccess access;

    if (!current_cpu) {
        qemu_log_mask(LOG_GUEST_ERROR, "lauberhorn: line store at 0x%"
                      HWADDR_PRIx " without a core, ignored\n", offset);
        return;
    }
    access = access_now();
    lauberhorn_model_line_store(s->model, &access, offset, size, value);
    lauberhorn_run_outputs(s);
}

static const MemoryRegionOps lines_ops = {
    .read = lines_read,
    .write = lines_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8 },
    .impl = { .min_access_size = 1, .max_access_size = 8 },
};

static uint64_t registers_read(void *opaque, hwaddr offset, unsigned size)
{
    LauberhornState *s = opaque;
    LauberhornAccess access = access_now();
    uint64_t value = lauberhorn_model_register_read(s->model, &access, offset);

    lauberhorn_run_outputs(s);
    return value;
}

static void registers_write(void *opaque, hwaddr offset, uint64_t value,
                            unsigned size)
{
    LauberhornState *s = opaque;
    LauberhornAccess access = access_now();

    lauberhorn_model_register_write(s->model, &access, offset, value);
    lauberhorn_run_outputs(s);
}

static const MemoryRegionOps registers_ops = {
    .read = registers_read,
    .write = registers_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 8, .max_access_size = 8 },
    .impl = { .min_access_size = 8, .max_access_size = 8 },
};

void lauberhorn_init_windows(LauberhornState *s)
{
    memory_region_init_io(&s->lines, OBJECT(s), &lines_ops, s,
                          "lauberhorn.lines", LAUBERHORN_LINES_BYTES);
    /*
     * A held load leaves its callback by a long jump, so the guard would stay
     * engaged and refuse every other core's access.
     */
    s->lines.disable_reentrancy_guard = true;
    memory_region_init_io(&s->registers, OBJECT(s), &registers_ops, s,
                          "lauberhorn.registers", LAUBERHORN_REGISTERS_BYTES);
}
