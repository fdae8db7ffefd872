/*
 * LAUBERHORN as a QEMU device: what its files share.
 *
 * The NIC itself is the model behind lauberhorn_model.h. These files give it
 * what a simulator must: windows that guests load from and store to, cores
 * that wait for a held load, frames, interrupts, time. All state here is
 * protected by the big lock, except the counts, which belong to their vCPU.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_LAUBERHORN_H
#define HW_LAUBERHORN_H

#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/memory.h"
#include "hw/intc/arm_gicv3_common.h"
#include "hw/qdev-core.h"
#include "net/net.h"
#include "qemu/notify.h"
#include "qemu/timer.h"
#include "qom/object.h"

#include "lauberhorn_model.h"

#define TYPE_LAUBERHORN "lauberhorn"
OBJECT_DECLARE_SIMPLE_TYPE(LauberhornState, LAUBERHORN)

/* Window sizes, and where the windows lie on Enzian's I/O node by default. */
#define LAUBERHORN_LINES_BYTES 0x10000000ULL
#define LAUBERHORN_LINES_BASE 0x10000000000ULL
#define LAUBERHORN_REGISTERS_BYTES 0x1000ULL
#define LAUBERHORN_REGISTERS_BASE 0x10010000000ULL

/* The endpoints' blocks; the state lines are behind them. */
#define LAUBERHORN_BLOCK_BYTES 0x4000ULL
#define LAUBERHORN_BLOCKS_BYTES 0x08000000ULL

/* The SGIs that Enzian's FPGA raises: to a worker's core, and for frames. */
#define LAUBERHORN_WORKER_SGI 8
#define LAUBERHORN_BYPASS_SGI 15

#define LAUBERHORN_MAX_CORES 64

/* replay=FILE: the file, and where the next frame's record begins. */
typedef struct LauberhornReplay {
    char *data;
    size_t length;
    size_t next;
    uint32_t nanoseconds_per_tick;
} LauberhornReplay;

struct LauberhornState {
    DeviceState parent_obj;

    /* Properties. */
    NICConf nic_conf;
    char *address;
    char *calls_path;
    char *trace_path;
    uint64_t lines_base;
    uint64_t registers_base;
    uint64_t stall_limit;
    uint32_t services;
    uint16_t endpoints;
    uint16_t processes;
    bool lockstep;
    uint64_t turn;
    uint16_t held_loads;
    bool colours;
    bool answers_during_fetch;
    LauberhornFaults faults;
    char *interrupt_order;
    char *counters_path;
    char *view_path;
    char *replay_path;
    uint64_t replay_end;

    LauberhornConfiguration configuration;
    LauberhornModel *model;
    MemoryRegion lines;
    MemoryRegion registers;
    GICv3State *gic;
    NICState *nic;
    FILE *calls;
    FILE *trace;
    uint64_t violations;
    Notifier exit_notifier;

    /* For the model's deadline or a replayed frame; what it is set to. */
    QEMUTimer timer;
    uint64_t armed_deadline;

    /* Outputs that are being carried out; frames (GBytes) to be sent. */
    bool in_outputs;
    GQueue transmit;

    /* lockstep=on: frames (GBytes) that wait until every vCPU is halted. */
    GQueue waiting;
    bool delivery_scheduled;
    bool settled;
    Notifier main_loop_notifier;

    LauberhornReplay replay;
    QEMUTimer end_timer;
};

/* What one vCPU executed; written by that vCPU only. */
typedef struct LauberhornCounts {
    uint64_t instructions;
    uint64_t kernel_entries;
    bool in_user_mode;
} QEMU_ALIGNED(64) LauberhornCounts;

struct qemu_plugin_insn;

extern LauberhornCounts lauberhorn_counts[LAUBERHORN_MAX_CORES];

/* plugin.c: true when instructions are counted. */
bool lauberhorn_counts_instructions(void);

/* device.c: registers the QOM type; called once, while the plug-in loads. */
void lauberhorn_register_type(void);

/* lines.c */
void lauberhorn_init_windows(LauberhornState *s);
void lauberhorn_restore_interrupts(CPUState *cpu);

/* outputs.c: carries out what the model asks for; after every model call. */
void lauberhorn_init_outputs(LauberhornState *s);
void lauberhorn_reset_outputs(LauberhornState *s);
void lauberhorn_run_outputs(LauberhornState *s);

/* network.c */
void lauberhorn_init_network(LauberhornState *s);
void lauberhorn_exit_network(LauberhornState *s);
void lauberhorn_give_frame(LauberhornState *s, const uint8_t *frame,
                           size_t length);
void lauberhorn_clear_frames(GQueue *frames);

/* lockstep.c */
void lauberhorn_init_lockstep(LauberhornState *s);
void lauberhorn_exit_lockstep(LauberhornState *s);
void lauberhorn_reset_lockstep(LauberhornState *s);
bool lauberhorn_lockstep_has_room(LauberhornState *s);
void lauberhorn_lockstep_queue(LauberhornState *s, const uint8_t *frame,
                               size_t length);

/* replay.c */
bool lauberhorn_open_replay(LauberhornState *s, Error **errp);
void lauberhorn_close_replay(LauberhornState *s);
void lauberhorn_init_replay(LauberhornState *s);
void lauberhorn_exit_replay(LauberhornState *s);
uint64_t lauberhorn_replay_deadline(const LauberhornState *s);
void lauberhorn_replay_frame(LauberhornState *s);
bool lauberhorn_replay_goes_on(LauberhornState *s);

/* idle.c: whether no vCPU has anything to do; while replay.c has frames. */
bool lauberhorn_all_halted(void);
void lauberhorn_init_idle(LauberhornState *s);
void lauberhorn_exit_idle(LauberhornState *s);
void lauberhorn_core_halts(CPUState *cpu);
void lauberhorn_watch_wait(struct qemu_plugin_insn *instruction);

/* devicetree.c */
bool lauberhorn_add_device_tree_node(LauberhornState *s, Error **errp);

/* barriers.c */
void lauberhorn_watch_barrier(struct qemu_plugin_insn *instruction);
void lauberhorn_note_store(CPUState *cpu, hwaddr offset);
void lauberhorn_check_load(CPUState *cpu, hwaddr offset,
                           LauberhornAccess *access);
void lauberhorn_reset_barriers(void);

/* counters.c */
void lauberhorn_add_counter_properties(Object *obj);
void lauberhorn_init_counters(LauberhornState *s);
void lauberhorn_exit_counters(LauberhornState *s);

/* turns.c */
struct qemu_plugin_tb;
void lauberhorn_init_turns(LauberhornState *s);
void lauberhorn_limit_turn(struct qemu_plugin_tb *block);

/* events.c */
bool lauberhorn_open_events(LauberhornState *s, Error **errp);
void lauberhorn_close_events(LauberhornState *s);
void lauberhorn_write_event(LauberhornState *s, const LauberhornEvent *event);
void lauberhorn_flush_events(LauberhornState *s);

/* records.c */
bool lauberhorn_open_records(LauberhornState *s, Error **errp);
void lauberhorn_close_records(LauberhornState *s);
void lauberhorn_write_record(LauberhornState *s,
                             const LauberhornCallRecord *call);
void lauberhorn_flush_records(LauberhornState *s);

#endif /* HW_LAUBERHORN_H */
