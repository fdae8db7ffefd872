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
 * The interrupt lines of a core, as its interrupt controller drives them,
 * whatever hold_load() made of the requests.
 */
void lauberhorn_restore_interrupts(CPUState *cpu)
{
    int lines = ARM_CPU(cpu)->env.irq_line_state
        & (CPU_INTERRUPT_HARD | CPU_INTERRUPT_FIQ);

    if (lines & ~cpu->interrupt_request) {
        cpu_interrupt(cpu, lines);
    }
}

/*
 * To QEMU a halted core with an interrupt pending has work even when it masks
 * it, as for WFI. A held load would be tried over and over: the host would
 * spin, and under `-icount`, where an instruction that is rolled back takes
 * no time, the stall limit would never come. So a request that this core
 * masks is withdrawn until the load is answered; nothing can unmask it
 * meanwhile, as the core is stopped. With EL2 or EL3 the mask alone does not
 * tell who would take it: requests stay.
 */
static void withdraw_masked_interrupts(CPUState *cpu)
{
    CPUARMState *env = &ARM_CPU(cpu)->env;
    int masked = 0;

    if (arm_feature(env, ARM_FEATURE_EL2)
        || arm_feature(env, ARM_FEATURE_EL3)) {
        return;
    }
    if (env->daif & PSTATE_I) {
        masked |= CPU_INTERRUPT_HARD;
    }
    if (env->daif & PSTATE_F) {
        masked |= CPU_INTERRUPT_FIQ;
    }
    cpu_reset_interrupt(cpu, masked);
}

/*
 * Stops the core before its load: the state is rolled back to the load's
 * instruction, and the core sleeps until it has work, which is an interrupt
 * that it takes or the CPU_INTERRUPT_EXITTB that a WAKE output raises. Then
 * the load is executed again, after the handler if an interrupt was taken.
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
    withdraw_masked_interrupts(cpu);
    lauberhorn_core_halts(cpu);
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
        /* A debugger, whose look must change nothing; a load acknowledges. */
        return lauberhorn_model_line_inspect(s->model, offset, size);
    }
    lauberhorn_restore_interrupts(current_cpu);
    access = access_now();
    lauberhorn_check_load(current_cpu, offset, &access);
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
    lauberhorn_note_store(current_cpu, offset);
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
