/*
 * Barriers: whether a core's stores to lines are ordered before its loads.
 *
 * The response must have left the core's write buffer when the load of the
 * other control line makes the NIC fetch it (R5). QEMU's stores are never
 * late, so a program that forgets the barrier works here, and an x86 host
 * hides more; so the barriers that a core executes are watched, and the model
 * is told of a load that no barrier separates from the store before it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "lauberhorn.h"
#include "exec/exec-all.h"
#include "qemu/qemu-plugin.h"
#include "tcg/tcg.h"

/* The block with the store that no barrier followed; written by its vCPU. */
typedef struct UnorderedStore {
    bool exists;
    hwaddr block;
} QEMU_ALIGNED(64) UnorderedStore;

static UnorderedStore unordered[LAUBERHORN_MAX_CORES];

/*
 * DMB and DSB (ARM DDI 0487, C6.2) whose option orders stores before loads,
 * for other observers than the core itself: ISH, OSH and SY. Not those for
 * loads or for stores only (ISHLD, ISHST and so on), which leave a store and
 * a later load in any order; not NSH, which does not reach the NIC.
 */
static bool orders_stores_before_loads(uint32_t instruction)
{
    uint32_t option = extract32(instruction, 8, 4);
    uint32_t without_option = instruction & ~0xf00u;

    return (without_option == 0xd50330bf || without_option == 0xd503309f)
        && (option == 0xb || option == 0x3 || option == 0xf);
}

static void barrier_executed(unsigned int vcpu, void *unused)
{
    unordered[vcpu].exists = false;
}

/* While a block is translated: only barriers get a callback. */
void lauberhorn_watch_barrier(struct qemu_plugin_insn *instruction)
{
    if (orders_stores_before_loads(
            ldl_le_p(qemu_plugin_insn_data(instruction)))) {
        qemu_plugin_register_vcpu_insn_exec_cb(instruction, barrier_executed,
                                               QEMU_PLUGIN_CB_NO_REGS, NULL);
    }
}

static hwaddr block_of(hwaddr offset)
{
    return QEMU_ALIGN_DOWN(offset, LAUBERHORN_BLOCK_BYTES);
}

void lauberhorn_note_store(CPUState *cpu, hwaddr offset)
{
    if (offset < LAUBERHORN_BLOCKS_BYTES) {
        unordered[cpu->cpu_index] = (UnorderedStore) {
            .exists = true, .block = block_of(offset),
        };
    }
}

/*
 * The instruction that makes this access. Its state is not restored: that
 * would count instructions twice under `-icount`, as the block goes on.
 */
static uint64_t program_counter(CPUState *cpu)
{
    uint64_t data[TARGET_INSN_START_WORDS];
    uint64_t pc = ARM_CPU(cpu)->env.pc;

    if (!cpu_unwind_state_data(cpu, cpu->mem_io_pc, data)) {
        return 0;
    }
    return TARGET_TB_PCREL ? (pc & TARGET_PAGE_MASK) | data[0] : data[0];
}

void lauberhorn_check_load(CPUState *cpu, hwaddr offset,
                           LauberhornAccess *access)
{
    UnorderedStore *store = &unordered[cpu->cpu_index];

    if (store->exists && store->block == block_of(offset)) {
        access->follows_unordered_store = true;
        access->program_counter = program_counter(cpu);
    }
}

void lauberhorn_reset_barriers(void)
{
    memset(unordered, 0, sizeof(unordered));
}
