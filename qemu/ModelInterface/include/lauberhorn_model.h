/*
 * The C face of the FPGA model: what a simulator calls, what it must do.
 *
 * The model (Swift, qemu/Model) performs no I/O and keeps no time: every call
 * says what happened and when, and lauberhorn_model_next_output() says what
 * the simulator shall do about it. It is not thread-safe: the caller holds
 * one lock over all calls (QEMU: the big lock).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef LAUBERHORN_MODEL_H
#define LAUBERHORN_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct LauberhornModel LauberhornModel;

/* What goes wrong on purpose; all zero: nothing. */
typedef struct LauberhornWireFaults {
    uint32_t drop_per_million;
    uint32_t corrupt_per_million; /* one bit */
    uint32_t reorder_per_million; /* comes after the next frame, or 1 ms */
    uint32_t duplicate_per_million;
} LauberhornWireFaults;

typedef enum LauberhornInterruptOrder {
    LAUBERHORN_INTERRUPT_FIRST = 0, /* at the held load */
    LAUBERHORN_ANSWER_FIRST = 1,
    LAUBERHORN_INTERRUPT_ORDER_RANDOM = 2,
} LauberhornInterruptOrder;

typedef struct LauberhornFaults {
    uint64_t seed;
    uint64_t line_latency_nanoseconds; /* at most 1 s */
    uint32_t evictions_per_million;    /* of accesses */
    uint32_t early_try_agains_per_million; /* of loads that would be held */
    uint32_t interrupt_order;              /* LauberhornInterruptOrder */
    LauberhornWireFaults received;
    LauberhornWireFaults sent;
} LauberhornFaults;

/* What the FPGA is built with. */
typedef struct LauberhornConfiguration {
    uint16_t core_count;
    uint16_t endpoint_count;
    uint16_t process_count;
    uint32_t service_count;
    uint64_t stall_limit_nanoseconds;
    uint64_t ethernet_address; /* first byte on the wire in bits 40..47 */
    uint32_t internet_address; /* first byte on the wire in bits 24..31 */
    LauberhornFaults faults;
    bool traced; /* events are among the outputs */
    uint16_t held_loads; /* that may be held at most; 0: any number (R16) */
    bool colours; /* the directory has Enzian's colours (R16) */
    bool answers_during_fetch; /* before a response is fetched (R17) */
} LauberhornConfiguration;

/* Who accesses a window, and what the simulator has counted for that core. */
typedef struct LauberhornAccess {
    uint64_t now_nanoseconds;
    uint64_t instructions;   /* executed by this core, this one included */
    uint64_t kernel_entries; /* changes from EL0 to EL1 on this core */
    uint64_t program_counter; /* 0: not known */
    uint16_t core;
    bool follows_unordered_store; /* a load, with no barrier since the store
                                     before it to the same endpoint (R5) */
} LauberhornAccess;

typedef enum LauberhornOutputKind {
    LAUBERHORN_OUTPUT_NONE = 0,
    LAUBERHORN_OUTPUT_TRANSMIT = 1,  /* send bytes[0..length) as a frame */
    LAUBERHORN_OUTPUT_WAKE = 2,      /* the held load of `core` is answered */
    LAUBERHORN_OUTPUT_INTERRUPT = 3, /* raise SGI `interrupt` at `core` */
    LAUBERHORN_OUTPUT_CALL = 4,      /* a call ended: `call` says how */
    LAUBERHORN_OUTPUT_VIOLATION = 5, /* `core` broke a rule: text in bytes */
    LAUBERHORN_OUTPUT_EVENT = 6,     /* for the trace: `event` */
} LauberhornOutputKind;

/* How one call went; the numbers are of the core that served it. */
typedef struct LauberhornCallRecord {
    uint64_t tag;
    uint64_t instructions;   /* from the load that brought it to the load that
                                acknowledged it; cold: from the kernel's load */
    uint32_t kernel_entries; /* in the same span */
    uint32_t held_loads;     /* loads held for it before it was delivered */
    uint32_t line_fills;     /* lines that the NIC gave to the core */
    uint32_t line_fetches;   /* lines that the NIC took back */
    uint32_t line_write_backs; /* modified lines that the core evicted */
    uint32_t coherence_messages;           /* for all these */
    uint32_t coherence_messages_with_data; /* of them, those with a line */
    uint32_t xid;
    uint32_t program;
    uint32_t version;
    uint32_t procedure;
    uint16_t process;
    uint16_t core;
    bool cold;               /* through the kernel's dispatch thread */
    bool succeeded;          /* answered with SUCCESS */
} LauberhornCallRecord;

/* An event of the trace (Kernel/Tracing/TraceRecord.swift), without time. */
typedef struct LauberhornEvent {
    uint64_t tag;    /* of the call; 0: none */
    uint64_t second; /* arguments, as the number says */
    uint32_t first;
    uint16_t number; /* of TraceEvent */
    uint16_t core;   /* 0xffff: none */
} LauberhornEvent;

typedef struct LauberhornOutput {
    LauberhornOutputKind kind;
    uint16_t core;
    uint8_t interrupt;
    const uint8_t *bytes; /* valid until the next call into the model */
    size_t length;
    LauberhornCallRecord call;
    LauberhornEvent event;
} LauberhornOutput;

/* Returns NULL when the configuration is impossible. */
LauberhornModel *lauberhorn_model_create(
    const LauberhornConfiguration *configuration);
void lauberhorn_model_destroy(LauberhornModel *model);

/*
 * A load of `size` bytes (1, 2, 4, 8; naturally aligned) at `offset` of the
 * line window. True: *value is the answer. False: the load is held; stop the
 * core until LAUBERHORN_OUTPUT_WAKE names it or it takes an interrupt, then
 * execute the load again.
 */
bool lauberhorn_model_line_load(LauberhornModel *model,
                                const LauberhornAccess *access,
                                uint64_t offset, unsigned size,
                                uint64_t *value);
void lauberhorn_model_line_store(LauberhornModel *model,
                                 const LauberhornAccess *access,
                                 uint64_t offset, unsigned size,
                                 uint64_t value);

/* What a line holds, for a debugger: changes nothing. */
uint64_t lauberhorn_model_line_inspect(const LauberhornModel *model,
                                       uint64_t offset, unsigned size);

/* Registers: 64-bit accesses only. */
uint64_t lauberhorn_model_register_read(LauberhornModel *model,
                                        const LauberhornAccess *access,
                                        uint64_t offset);
void lauberhorn_model_register_write(LauberhornModel *model,
                                     const LauberhornAccess *access,
                                     uint64_t offset, uint64_t value);

/* A frame came from the wire, without its frame check sequence. */
void lauberhorn_model_receive(LauberhornModel *model, uint64_t now_nanoseconds,
                              const uint8_t *frame, size_t length);

/* When time matters next (UINT64_MAX: never), and that it has come. */
uint64_t lauberhorn_model_deadline(const LauberhornModel *model);
void lauberhorn_model_advance(LauberhornModel *model, uint64_t now_nanoseconds);

/* Takes the oldest output; false when there is none. Call until false after
 * every other call that may change the model. */
bool lauberhorn_model_next_output(LauberhornModel *model,
                                  LauberhornOutput *output);

/* A counter by number, and its name or NULL: first those of the interface
 * (NICCounter), behind them how often each fault happened (FaultCounter). */
uint64_t lauberhorn_model_counter(const LauberhornModel *model, unsigned number);
const char *lauberhorn_model_counter_name(unsigned number);

/* Line `number`, from 0, of what the NIC knows of cores and processes, and of
 * what it would say in their load lines; false when there are no more lines.
 * Cut to `size` bytes, the closing zero included. */
bool lauberhorn_model_view_line(const LauberhornModel *model, unsigned number,
                                char *text, size_t size);

#endif /* LAUBERHORN_MODEL_H */
